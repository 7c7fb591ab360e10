"""The step budget: work inside the core is bounded in steps, so that the same input costs the same everywhere."""


class BudgetExceededError(Exception):
    """The request is too complex to be understood within its budget."""


class Budget:
    """Steps left for one HTTP request, a batch included. A step is one node, word or segment looked at."""

    __slots__ = ("left",)

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        """Take `steps`; raises BudgetExceededError when the budget is gone."""
        self.left -= steps
        if self.left < 0:
            raise BudgetExceededError
