"""The theory as pure functions and small modules of JAX: usable alone, SI in, SI out."""
