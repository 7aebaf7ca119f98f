"""The project's own detector: data, training, figures, and a site's own fine-tuning."""
