"""onnxruntime's execution providers by short names, and sessions that say what they really got."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from facemotion.core.errors import ModelError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

CPU: Final = "CPU"

PROVIDER_NAMES: Final = {
    CPU: "CPUExecutionProvider",
    "CUDA": "CUDAExecutionProvider",
    "CoreML": "CoreMLExecutionProvider",
    "DirectML": "DmlExecutionProvider",
}
"""onnxruntime's name of each provider by the short name that the user sees."""


@dataclass(frozen=True, slots=True)
class SessionProvider:
    """What was asked for a session and what it got.

    Attributes:
        requested: Short name asked for.
        actual: Short name of the provider that the session runs on.
        message: Why the two differ and what to do; empty when they are the same.
    """

    requested: str
    actual: str
    message: str = ""

    @property
    def is_fallback(self) -> bool:
        """Whether the session runs on something else than was asked for."""
        return self.requested != self.actual


def available_providers() -> tuple[str, ...]:
    """Short names of the providers in the installed onnxruntime, CPU first."""
    import onnxruntime

    installed = set(onnxruntime.get_available_providers())
    return tuple(short for short, full in PROVIDER_NAMES.items() if full in installed)


def session_options(threads: int = 1) -> Any:
    """Options for one session: few threads, asleep while there is nothing to do.

    Args:
        threads: Threads that one run may use.

    Returns:
        onnxruntime's `SessionOptions`.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Waiting threads would otherwise spin and take the processor from the video.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def provider_chain(provider: str) -> list[str]:
    """The names to ask onnxruntime for: the provider, when it is installed, then the CPU.

    Raises:
        ModelError: The name is not one of `PROVIDER_NAMES`.
    """
    if provider not in PROVIDER_NAMES:
        known = ", ".join(PROVIDER_NAMES)
        raise ModelError(f"There is no provider {provider!r}. Choose one of {known}.")
    wanted = [provider] if provider in available_providers() else []
    return [PROVIDER_NAMES[name] for name in dict.fromkeys([*wanted, CPU])]


def provider_of(session: "InferenceSession", requested: str) -> SessionProvider:
    """What a session got.

    Args:
        session: An open session.
        requested: Short name that was asked for.
    """
    shorts = {full: short for short, full in PROVIDER_NAMES.items()}
    first = session.get_providers()[0]
    actual = shorts.get(first, first.removesuffix("ExecutionProvider"))
    if actual == requested:
        return SessionProvider(requested, actual)
    return SessionProvider(requested, actual, _why(requested, actual))


def make_session(
    path: Path, provider: str = CPU, threads: int = 1
) -> tuple["InferenceSession", SessionProvider]:
    """Open a model.

    Args:
        path: An `.onnx` file.
        provider: Short name; when it is not to be had, the CPU is used and the result says so.
        threads: Threads that one run may use.

    Raises:
        ModelError: The file is missing or damaged, or the provider's name is unknown.
    """
    import onnxruntime

    chain = provider_chain(provider)
    if not path.is_file():
        raise ModelError(f"The model {path} is missing. Install it again.")
    options = session_options(threads)
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=chain)
    except Exception as error:
        if len(chain) == 1:
            raise damaged(path, error) from error
        session, _ = make_session(path, CPU, threads)
    return session, provider_of(session, provider)


def damaged(path: Path, error: Exception) -> ModelError:
    """The error of a model file that onnxruntime cannot open."""
    cause = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return ModelError(
        f"The model {path.name} is damaged or of a kind that onnxruntime cannot run. "
        f"Install it again. ({cause[:200]})"
    )


def _why(requested: str, actual: str) -> str:
    if requested in available_providers():
        return (
            f"{requested} is installed but could not be used; running on {actual}. "
            "Check the driver and that its libraries fit onnxruntime."
        )
    return (
        f"{requested} is not part of the installed onnxruntime; running on {actual}. "
        "The README says how to replace onnxruntime by its GPU build."
    )
