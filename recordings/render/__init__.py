"""Pictures of a simulated plant from calibrated cameras. Needs the extra ``hoistwatch[plant]``."""
