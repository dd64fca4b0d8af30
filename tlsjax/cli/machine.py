"""What a command computes on."""

import os
from enum import StrEnum

from tlsjax.errors import InputError


class Device(StrEnum):
    """What to compute on."""

    auto, cpu, gpu = "auto", "cpu", "gpu"


def prepare_jax(device: Device = Device.auto, *, many: bool = False) -> None:
    """Double precision, and compiled code kept between runs in the user's cache folder.

    ``many``: there is work enough for a GPU, which JAX takes by itself where there is one.
    """
    import jax
    from platformdirs import user_cache_path

    if device is not Device.auto or not (many or os.environ.get("JAX_PLATFORMS")):
        # jax is imported by now and has read its environment
        jax.config.update("jax_platforms", "cuda,cpu" if device is Device.gpu else "cpu")
    jax.config.update("jax_enable_x64", True)
    folder = os.environ.get("JAX_COMPILATION_CACHE_DIR") or str(user_cache_path("tlsjax") / "compiled")
    jax.config.update("jax_compilation_cache_dir", folder)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.05)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    if device is Device.gpu and not _has_gpu():
        raise InputError(
            "--device gpu: JAX finds no NVIDIA GPU here; install tlsjax[gpu] where there is one, "
            "or leave the option out"
        )


def _has_gpu() -> bool:
    import jax

    try:
        return jax.default_backend() == "gpu"
    except RuntimeError:  # a GPU, and a JAX that cannot use it
        return False
