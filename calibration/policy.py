"""Every threshold of tracking, risk and alarms, each with a default and its unit in its name."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Policy(BaseModel):
    """Table ``[policy]`` of a site file. Times in seconds, lengths in metres, speeds in m/s."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # Timing of the core
    tick_s: float = Field(0.1, ge=0.02, le=1.0, description="Period of association, filters and risk.")
    reaction_time_s: float = Field(
        0.5,
        ge=0.0,
        le=5.0,
        description="From a change on the floor to the start of braking: the wait for the next look (look_interval_s "
        "of it), relay, contactor, drive.",
    )
    look_interval_s: float = Field(
        0.25,
        ge=0.0,
        le=5.0,
        description="Wait between two looks at a place that reaction_time_s includes; what is longer adds to it.",
    )
    late_limit_s: float = Field(0.5, ge=0.0, le=5.0, description="Older observations are rejected and counted.")
    future_limit_s: float = Field(
        1.0, ge=0.0, le=60.0, description="Observations stamped further ahead than this are rejected and counted."
    )

    # Observation
    foot_sigma_px: float = Field(6.0, gt=0.0, le=200.0, description="Pixel noise of a person's foot point.")
    foot_sigma_of_height: float = Field(
        0.04, ge=0.0, le=1.0, description="Part of the foot noise that grows with the height of the box."
    )
    foot_offset_m: float = Field(
        0.13, ge=0.0, le=0.5, description="From the toes, where a box ends, to the middle of the body: half a shoe."
    )
    head_sigma_px: float = Field(8.0, gt=0.0, le=200.0, description="Pixel noise of a person's head point.")
    person_height_m: float = Field(1.72, gt=0.5, lt=2.5, description="Assumed where the feet are hidden.")
    person_height_sigma_m: float = Field(0.10, gt=0.0, lt=0.5, description="Spread of that height.")
    hook_sigma_px: float = Field(5.0, gt=0.0, le=200.0, description="Pixel noise of the centre of a hook or load.")
    observation_sigma_floor_m: float = Field(
        0.05, ge=0.0, le=1.0, description="Calibration error that no pixel noise explains, one standard deviation."
    )
    person_score_min: float = Field(0.35, ge=0.0, le=1.0, description="Weaker person boxes are not used.")
    hoist_score_min: float = Field(0.30, ge=0.0, le=1.0, description="Weaker hoist boxes are not used.")
    boundary_margin_m: float = Field(0.3, ge=0.0, le=20.0, description="People this far outside are still followed.")

    # People
    gate_probability: float = Field(0.997, gt=0.5, lt=1.0, description="Mahalanobis gate of association.")
    birth_time_s: float = Field(0.4, ge=0.0, le=5.0, description="A track must be seen this long to be confirmed.")
    coast_time_s: float = Field(2.0, gt=0.0, le=30.0, description="A confirmed person unseen this long is lost.")
    lost_keep_s: float = Field(8.0, ge=0.0, le=120.0, description="A lost person stays unknown, not gone, so long.")
    tentative_coast_s: float = Field(0.6, gt=0.0, le=5.0, description="An unconfirmed track unseen this long ends.")
    merge_distance_m: float = Field(0.35, ge=0.0, le=2.0, description="Two tracks nearer than this for long are one.")
    walk_acceleration_mps2: float = Field(
        0.15, gt=0.0, le=10.0, description="Random acceleration of a steady walker: its square a second."
    )
    manoeuvre_speed_mps: float = Field(0.8, gt=0.0, le=5.0, description="Spread of velocity while turning about.")
    manoeuvre_time_s: float = Field(2.0, gt=0.05, le=10.0, description="How long such a velocity lasts.")
    stand_drift_mps: float = Field(0.10, gt=0.0, le=2.0, description="How fast a standing person's feet wander.")
    mode_dwell_s: float = Field(8.0, gt=0.0, le=60.0, description="Mean time in a mode before it changes.")
    walk_speed_mps: float = Field(1.6, gt=0.0, le=5.0, description="ISO 13855 approach speed; initial uncertainty.")

    # Hoist
    hoist_acceleration_mps2: float = Field(0.15, gt=0.0, le=5.0, description="Unknown drive acceleration, 1 sigma.")
    drive_holds_s: float = Field(5.0, gt=0.05, le=60.0, description="How long a drive holds its speed, mean.")
    drive_ramps_s: float = Field(1.0, gt=0.05, le=10.0, description="How long a drive speeds up, mean.")
    drive_unknown_mps2: float = Field(0.03, gt=0.0, le=1.0, description="Unknown acceleration of a drive that holds.")
    hoist_gate_probability: float = Field(0.9999, gt=0.5, lt=1.0)
    hoist_lost_s: float = Field(1.5, gt=0.0, le=60.0, description="A hoist unseen this long is not known any more.")

    # Lift phase
    moving_speed_mps: float = Field(0.08, gt=0.0, le=1.0, description="Slower than this counts as standing still.")
    lifting_speed_mps: float = Field(0.02, gt=0.0, le=1.0, description="Vertical speed that counts as hoisting.")
    phase_hold_s: float = Field(0.6, ge=0.0, le=10.0, description="A phase must last this long before it changes.")
    landed_gap_m: float = Field(0.15, ge=0.0, le=1.0, description="Load bottom lower than this rests on the floor.")
    parked_height_m: float = Field(2.2, ge=0.0, le=20.0, description="An empty hook above this is out of reach.")

    # Roles
    role_probability: float = Field(0.75, gt=0.34, lt=1.0, description="A role this probable is told.")
    role_keep_probability: float = Field(0.5, gt=0.0, lt=1.0, description="It is kept while it is this probable.")

    # Situations of people
    down_of_height: float = Field(
        0.55, gt=0.1, lt=0.9, description="Who reaches no higher than this part of the body's height lies."
    )
    down_time_s: float = Field(1.0, ge=0.0, le=30.0, description="So long, to be taken as down.")
    down_keep_s: float = Field(
        60.0, ge=0.0, le=3600.0, description="Who was down and is not seen any more is taken to lie there so long."
    )
    still_time_s: float = Field(
        30.0, ge=1.0, le=3600.0, description="Who has not moved for so long in a load's way may not be able to."
    )
    hands_reach_m: float = Field(
        0.45, ge=0.0, le=2.0, description="Side of the body to side of the load: nearer, hands can be on it."
    )
    obstacle_time_s: float = Field(
        2.5, ge=0.0, le=5.0, description="An operator who would walk into something so soon is told."
    )

    # Risk
    horizon_s: float = Field(4.0, gt=0.5, le=10.0)
    horizon_step_s: float = Field(0.25, gt=0.02, le=1.0)
    person_radius_m: float = Field(0.3, gt=0.0, le=1.0)
    person_reach_height_m: float = Field(2.0, gt=0.5, le=3.0, description="A load above this passes over a head.")
    contact_probability: float = Field(
        0.15, gt=0.0, lt=1.0, description="A contact this probable within the horizon is told, and slows the hoist."
    )
    track_lag_s: float = Field(
        0.4, ge=0.0, le=2.0, description="So much later than it happens a track shows that somebody sets off or turns."
    )
    stop_probability: float = Field(
        0.15,
        gt=0.0,
        lt=1.0,
        description="A contact this probable, so soon that a stop from slow speed or a person's step aside takes as "
        "long, stops the hoist.",
    )
    sure_probability: float = Field(
        0.5, gt=0.0, lt=1.0, description="A contact this probable stops the hoist as soon as only a stop now avoids it."
    )
    start_probability: float = Field(
        0.5, ge=0.0, le=1.0, description="That a hoist which holds a load in the air moves on within seconds."
    )
    harmless_speed_mps: float = Field(
        0.25,
        ge=0.0,
        le=1.0,
        description="After a stop, a load that swings no faster is harmless: ISO 10218 slow speed.",
    )
    human_reaction_s: float = Field(1.5, ge=0.0, le=5.0, description="A warning comes this long before danger.")
    separation_floor_m: float = Field(0.25, ge=0.0, le=5.0, description="Nearer than this to a moving load is danger.")
    fall_zone_of_height: float = Field(0.15, ge=0.0, le=1.0, description="Fall zone growth per metre of height.")
    fall_zone_min_height_m: float = Field(0.5, ge=0.0, le=5.0, description="A lower load has no fall zone.")

    # Composite situations of load and hoist
    machine_clearance_m: float = Field(
        0.1, ge=0.0, le=5.0, description="Gap that a load keeps from structures and other hoists."
    )
    crush_clearance_m: float = Field(
        0.5, ge=0.0, le=2.0, description="A gap this wide does not crush a body (ISO 13854)."
    )
    swing_strikes_m: float = Field(0.15, gt=0.0, le=2.0, description="A smaller swing hurts nobody.")
    lean_limit_deg: float = Field(
        3.0, gt=0.0, le=45.0, description="A rope further out of plumb at lift-off pulls aside."
    )
    held_back_mps2: float = Field(
        0.25,
        gt=0.0,
        le=10.0,
        description="A load is caught where so much of its acceleration towards plumb is missing.",
    )
    slip_m: float = Field(
        0.09,
        gt=0.0,
        le=2.0,
        description="Sudden drop below the hook that a slip makes: twice the largest of a load that hangs well.",
    )
    slip_memory_s: float = Field(6.0, ge=0.0, le=600.0, description="A sling that slipped is not trusted for so long.")
    slender_ratio: float = Field(
        2.5, gt=0.5, le=20.0, description="A load higher than this many times its base can fall by itself."
    )
    topple_watch_s: float = Field(
        15.0, ge=0.0, le=600.0, description="A slender load is watched so long after its slings came off."
    )

    # Levels
    on_delay_s: float = Field(0.2, ge=0.0, le=5.0, description="A danger must last this long, others twice it.")
    off_delay_s: float = Field(1.5, ge=0.0, le=30.0, description="A level must be absent this long to ease.")
    shelve_limit_s: float = Field(1800.0, gt=0.0, le=28800.0, description="Longest time that an alarm can be shelved.")

    # Signing in
    sign_in_for_s: float = Field(
        43200.0, ge=60.0, le=86400.0, description="Whoever signs in at a console is signed out after this time."
    )
    sign_in_tries: int = Field(5, ge=1, le=20, description="So many wrong passwords lock a name and a console.")
    sign_in_lock_s: float = Field(
        300.0, ge=10.0, le=86400.0, description="Locked for this long; tries longer ago than this are forgotten."
    )

    # Outputs
    bypass_max_s: float = Field(
        600.0, ge=0.0, le=7200.0, description="Longest time that an output can be bypassed; 0: never."
    )

    # Sharing the detector out
    attention_radius_m: float = Field(
        6.0, ge=0.0, le=50.0, description="Cameras that see the floor this near to a moving hoist are looked at first."
    )
    still_skip_s: float = Field(
        0.0,
        ge=0.0,
        le=5.0,
        description="An unchanged picture of an empty place may be passed over so long after the last look; 0: never.",
    )

    # Health
    camera_stale_s: float = Field(1.0, gt=0.0, le=60.0, description="A camera silent this long is blind.")
    camera_silent_s: float = Field(
        0.6,
        gt=0.0,
        le=60.0,
        description="A camera whose capture brings no picture for so long (or 2.5 of its intervals) is blind already.",
    )
    camera_check_s: float = Field(
        0.2, ge=0.05, le=5.0, description="How often a picture is checked for what ails its camera."
    )
    camera_frozen_s: float = Field(
        1.0, gt=0.0, le=60.0, description="The same picture for so long is frozen. Longer for codecs that skip rest."
    )
    camera_unseeing_s: float = Field(0.4, ge=0.0, le=60.0, description="Dark, blinded or covered for so long is told.")
    camera_defocused_s: float = Field(2.0, ge=0.0, le=60.0, description="Out of focus for so long is told.")
    camera_dark_grey: float = Field(
        20.0, ge=0.0, le=255.0, description="Nine tenths of the picture darker than this grey level is dark."
    )
    camera_blinded_share: float = Field(
        0.35, gt=0.0, le=1.0, description="So much more of the picture white than usual is blinded."
    )
    camera_covered_share: float = Field(
        0.5, gt=0.0, le=1.0, description="So much of what has detail without any of it is covered."
    )
    camera_defocused_share: float = Field(
        0.4, gt=0.0, lt=1.0, description="Less than this part of the usual detail left is out of focus."
    )
    camera_moved_px: float = Field(
        4.0, gt=0.0, le=1000.0, description="Landmarks this far from where they were, in full pixels: moved."
    )
    camera_moved_blind_px: float = Field(
        40.0, ge=0.0, le=1000.0, description="A camera that moved further than this counts as blind."
    )
    blind_stops_idle: bool = Field(
        False,
        description="No permit either for a hoist at rest over floor whose cameras are blind. Else it may start, and "
        "is stopped as soon as it moves or lifts a load.",
    )
    node_clock_error_s: float = Field(
        0.05,
        gt=0.0,
        le=1.0,
        description="A detect node's cameras are blind while its clock is not known to within this.",
    )
    startup_grace_s: float = Field(2.0, ge=0.0, le=60.0, description="Cameras may be silent this long at the start.")
    permit_validity_s: float = Field(0.25, gt=0.02, le=2.0, description="Age at which a permit ends.")

    @model_validator(mode="after")
    def _consistent(self) -> Policy:
        if self.horizon_step_s > self.horizon_s / 4:
            raise ValueError("horizon_step_s must be at most a quarter of horizon_s")
        if self.camera_stale_s < self.tick_s:
            raise ValueError("camera_stale_s must not be shorter than tick_s")
        if self.still_skip_s > self.look_interval_s:
            raise ValueError("still_skip_s must not be longer than look_interval_s, which the reaction time includes")
        return self
