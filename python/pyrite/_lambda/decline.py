"""Why a function isn't compiled."""


class Decline(Exception):
    """The function runs on the Python path; `reason` names the construct and is what `explain` shows."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unbound(Decline):
    """A name may be unbound where it is asked for."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} may be unbound")
