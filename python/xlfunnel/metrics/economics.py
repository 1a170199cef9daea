"""What a customer costs and brings."""

from __future__ import annotations

from typing import Annotated, Final

from xlfunnel.metric import Example, metric
from xlfunnel.metrics.arithmetic import ratio
from xlfunnel.units import Count, Money, MoneyPerMonth, Months, Number, Ratio, Share, Unit

__all__ = [  # noqa: RUF022  # reading order
    "fully_loaded_cac",
    "marketing_cac",
    "customer_ltv",
    "ltv_to_cac",
    "cac_payback",
]

LACY: Final = '"The Metrics That End the Blame Game" (Keith Lacy, The Marketing Juice)'
STANDARD: Final = "Standard definition of subscription economics"


@metric(
    formula="(marketing spend + sales cost + tools + other) ÷ customers",
    source=LACY,
    caution="Cost and customers must belong together: spend comes a cycle before the customer.",
    example=Example((20, 40_000, 120_000, 8_000, 2_000), 8_500.0),
)
def fully_loaded_cac(
    customers: Annotated[Count, "New customers won"],
    marketing_spend: Annotated[Money, "Marketing programme spend"],
    sales_cost: Annotated[Money, "Pay and burden of the people who win customers"],
    tools: Annotated[Money, "Tools of marketing and sales"] = 0.0,
    other: Annotated[Money, "Any other cost of winning customers"] = 0.0,
) -> Money:
    """What a new customer costs when everything that won it is counted.

    Money per customer; no customers raise `EmptyDenominator`.

    >>> fully_loaded_cac(20, 40_000, 120_000, 8_000, 2_000)
    8500.0
    """
    return ratio(marketing_spend + sales_cost + tools + other, customers, "customers")


@metric(
    formula="marketing spend ÷ customers",
    source=LACY,
    caution="The partial figure, for comparison: it leaves out what sales costs.",
    example=Example((20, 40_000), 2_000.0),
)
def marketing_cac(
    customers: Annotated[Count, "New customers won"],
    marketing_spend: Annotated[Money, "Marketing programme spend"],
) -> Money:
    """Marketing spend for each new customer.

    Money per customer; no customers raise `EmptyDenominator`.

    >>> marketing_cac(20, 40_000)
    2000.0
    """
    return ratio(marketing_spend, customers, "customers")


@metric(
    formula="revenue a month × gross margin × the smaller of 1 ÷ churn and the cap",
    source=STANDARD,
    caution="The cap keeps a low churn from promising decades.",
    example=Example((500, 0.8, 0.02), 20_000.0),
)
def customer_ltv(
    revenue_month: Annotated[MoneyPerMonth, "Revenue of a customer in a month"],
    gross_margin: Annotated[Share, "Gross margin"],
    churn_month: Annotated[Share, "Share of customers lost in a month"],
    cap_months: Annotated[Months, "Longest life that is counted"] = 60.0,
) -> Money:
    """Gross profit that a customer brings over its life.

    Money per customer. Without churn the life is the cap.

    >>> customer_ltv(500, 0.8, 0.02)
    20000.0
    """
    life = min(1 / churn_month, cap_months) if churn_month else cap_months
    return revenue_month * gross_margin * life


@metric(
    formula="LTV ÷ CAC",
    source=STANDARD,
    caution="Use the fully loaded CAC: the marketing-only figure flatters it.",
    example=Example((20_000, 8_000), 2.5),
)
def ltv_to_cac(
    ltv: Annotated[Money, "What a customer brings over its life"],
    cac: Annotated[Money, "What a customer costs, fully loaded"],
) -> Ratio:
    """What a customer brings for each unit of money that it cost.

    >>> ltv_to_cac(20_000, 8_000)
    2.5
    """
    return ratio(ltv, cac, "cac")


@metric(
    formula="CAC ÷ (revenue a month × gross margin)",
    source=STANDARD,
    caution="Churn within the payback time is not in it.",
    example=Example((8_000, 500, 0.8), 20.0),
)
def cac_payback(
    cac: Annotated[Money, "What a customer costs, fully loaded"],
    revenue_month: Annotated[MoneyPerMonth, "Revenue of a customer in a month"],
    gross_margin: Annotated[Share, "Gross margin"],
) -> Annotated[float, Number(Unit.MONTHS, low=0)]:
    """Months until a customer has paid back its cost.

    >>> cac_payback(8_000, 500, 0.8)
    20.0
    """
    return ratio(cac, revenue_month * gross_margin, "revenue_month × gross_margin")
