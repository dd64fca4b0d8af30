"""Physics, data and priors put together as a NumPyro model."""
