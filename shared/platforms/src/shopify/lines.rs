//! Lines of goods, shipping, duties and fees, each with its exact taxes.

use causeway_domain::{
    Collector, Currency, Decimal, Fault, Line, LineId, LineKind, LineTax, Money, ProductId,
    ProductRef, Sku, TaxCode,
};

use super::edits::Removal;
use super::settings::Side;
use super::shape::{Charge, LineItem, MoneyBag, MoneyV2, ShippingLine, TaxLine, id_tail};
use crate::answer::unreadable;
use crate::rounding::LARGEST;

const WHAT: &str = "shopify order";

/// Reads one side of every money bag, in one currency.
#[derive(Clone, Copy)]
pub(super) struct Amounts {
    pub(super) side: Side,
    pub(super) currency: Currency,
    /// `taxesIncluded`: prices and discounts contain tax.
    pub(super) taxes_included: bool,
}

impl Amounts {
    fn pick(side: Side, bag: &MoneyBag) -> &MoneyV2 {
        match side {
            Side::Shop => &bag.shop_money,
            Side::Presentment => &bag.presentment_money,
        }
    }

    /// The amount whatever its currency; for sums that are compared with checked ones later.
    pub(super) fn unchecked(side: Side, bag: &MoneyBag) -> Result<Decimal, Fault> {
        let amount = Self::pick(side, bag).amount;
        if amount.abs() > LARGEST {
            return Err(unreadable(WHAT, "amount out of range"));
        }
        Ok(amount)
    }

    /// The amount in major units, in the order's currency.
    pub(super) fn decimal(self, bag: &MoneyBag) -> Result<Decimal, Fault> {
        let code = &Self::pick(self.side, bag).currency_code;
        if code != self.currency.code() {
            return Err(unreadable(
                WHAT,
                format!("an amount in {code} in a {} order", self.currency),
            ));
        }
        Self::unchecked(self.side, bag)
    }

    /// The amount, exact to the minor unit.
    pub(super) fn money(self, bag: &MoneyBag) -> Result<Money, Fault> {
        Money::exact(self.decimal(bag)?, self.currency).map_err(|error| unreadable(WHAT, error))
    }

    /// What is left without tax of an amount on the basis of the order's prices.
    fn net(self, basis: Money, taxes: &[LineTax]) -> Result<Money, Fault> {
        if self.taxes_included { take(basis, sum(taxes, self.currency)?) } else { Ok(basis) }
    }

    /// A line of one unit at a price, with its taxes.
    fn single(
        self,
        id: String,
        kind: LineKind,
        title: String,
        (list, price): (Money, Money),
        tax_lines: &[TaxLine],
    ) -> Result<Line, Fault> {
        let taxes = self.taxes(tax_lines)?;
        // A price above the list price is no discount below zero.
        let list = if list.minor() < price.minor() { price } else { list };
        Ok(Line {
            id: LineId::new(id),
            kind,
            title,
            quantity: Decimal::ONE,
            unit_price: list.to_decimal(),
            discount: take(list, price)?,
            net: self.net(price, &taxes)?,
            taxes,
        })
    }

    fn taxes(self, lines: &[TaxLine]) -> Result<Vec<LineTax>, Fault> {
        lines.iter().map(|line| self.tax(line)).collect()
    }

    fn tax(self, line: &TaxLine) -> Result<LineTax, Fault> {
        Ok(LineTax {
            code: TaxCode(line.title.clone()),
            title: line.title.clone(),
            rate: line.rate.map(percent).transpose()?,
            amount: self.money(&line.price_set)?,
            // Null is "unknown": the merchant owes it then, as for every ordinary sale.
            collector: match line.channel_liable {
                Some(true) => Collector::Marketplace,
                Some(false) | None => Collector::Merchant,
            },
        })
    }
}

/// `0.21` is 21 %. Shopify's rate is a float; more than six decimals are its noise.
pub(super) fn percent(rate: Decimal) -> Result<Decimal, Fault> {
    let percent = rate.checked_mul(Decimal::ONE_HUNDRED);
    percent
        .map(|percent| percent.round_dp(6).normalize())
        .ok_or_else(|| unreadable(WHAT, "tax rate out of range"))
}

fn take(from: Money, amount: Money) -> Result<Money, Fault> {
    from.minus(amount).map_err(|error| unreadable(WHAT, error))
}

fn sum(taxes: &[LineTax], currency: Currency) -> Result<Money, Fault> {
    Money::sum(taxes.iter().map(|tax| tax.amount), currency)
        .map_err(|error| unreadable(WHAT, error))
}

/// A line of goods less what edits removed of it; `None` if nothing of it is left.
pub(super) fn sold(
    amounts: Amounts,
    item: &LineItem,
    removal: Option<&Removal>,
) -> Result<Option<Line>, Fault> {
    let unit_price = amounts.decimal(&item.original_unit_price_set)?;
    let quantity = Decimal::from(item.quantity);
    let list = round(unit_price * quantity, amounts.currency)?;
    let allocated = item.discount_allocations.iter();
    let allocated = allocated.map(|part| amounts.money(&part.allocated_amount_set));
    let allocated = allocated.collect::<Result<Vec<Money>, Fault>>()?;
    let discount =
        Money::sum(allocated, amounts.currency).map_err(|error| unreadable(WHAT, error))?;
    if discount.minor() < 0 {
        return Err(unreadable(WHAT, "a discount below zero"));
    }
    let taxes = amounts.taxes(&item.tax_lines)?;
    let line = Line {
        id: LineId::new(tail(&item.id)?),
        kind: kind(item),
        title: item.name.clone(),
        quantity,
        unit_price,
        discount,
        net: amounts.net(take(list, discount)?, &taxes)?,
        taxes,
    };
    let line = match removal {
        Some(removal) => without(amounts, line, removal)?,
        None => line,
    };
    let nothing = line.quantity.is_zero()
        && line.net.is_zero()
        && line.taxes.iter().all(|tax| tax.amount.is_zero());
    Ok((!nothing).then_some(line))
}

/// The line less a removal. The list price stays; the discount is what then remains.
fn without(amounts: Amounts, mut line: Line, removal: &Removal) -> Result<Line, Fault> {
    let exact = |amount: Decimal| {
        Money::exact(amount, amounts.currency).map_err(|error| unreadable(WHAT, error))
    };
    if removal.quantity > line.quantity {
        return Err(unreadable(
            WHAT,
            format!("line {}: edits removed more than was sold", line.id),
        ));
    }
    line.quantity -= removal.quantity;
    line.net = take(line.net, exact(removal.net)?)?;
    for ((title, rate), amount) in &removal.taxes {
        let found = line.taxes.iter_mut().find(|tax| tax.title == *title && tax.rate == *rate);
        let Some(tax) = found else {
            return Err(Fault::reject(
                format!("an edit removed the tax {title} from line {}, which has none", line.id),
                "compare the order with its timeline on Shopify; enter it by hand if they agree",
            ));
        };
        tax.amount = take(tax.amount, exact(*amount)?)?;
    }
    let basis = if amounts.taxes_included {
        line.gross().map_err(|error| unreadable(WHAT, error))?
    } else {
        line.net
    };
    let discount = take(round(line.unit_price * line.quantity, amounts.currency)?, basis)?;
    if discount.minor() >= 0 {
        line.discount = discount;
    } else {
        line.discount = Money::zero(amounts.currency);
        let unit = basis.to_decimal().checked_div(line.quantity);
        line.unit_price = unit.unwrap_or(line.unit_price);
    }
    Ok(line)
}

fn round(amount: Decimal, currency: Currency) -> Result<Money, Fault> {
    Money::round(amount, currency).map_err(|error| unreadable(WHAT, error))
}

fn kind(item: &LineItem) -> LineKind {
    if item.is_gift_card {
        return LineKind::GiftCardSold;
    }
    let sku = item.sku.as_deref().map(str::trim).filter(|sku| !sku.is_empty());
    let variant = item.variant.as_ref().and_then(|variant| id_tail(&variant.id));
    LineKind::Product(ProductRef { id: variant.map(ProductId::new), sku: sku.map(Sku::new) })
}

fn tail(gid: &str) -> Result<&str, Fault> {
    id_tail(gid).ok_or_else(|| unreadable(WHAT, "an id that is no gid"))
}

/// A line of shipping. `at` names it where Shopify gives no id.
pub(super) fn shipping(amounts: Amounts, at: usize, line: &ShippingLine) -> Result<Line, Fault> {
    let id = match &line.id {
        Some(id) => format!("shipping-{}", tail(id)?),
        None => format!("shipping-at-{at}"),
    };
    let list = amounts.money(&line.original_price_set)?;
    let price = amounts.money(&line.discounted_price_set)?;
    amounts.single(id, LineKind::Shipping, line.title.clone(), (list, price), &line.tax_lines)
}

/// A duty or an additional fee; `prefix` keeps their ids apart from those of other lines.
pub(super) fn charge(amounts: Amounts, prefix: &str, charge: &Charge) -> Result<Line, Fault> {
    let id = format!("{prefix}-{}", tail(&charge.id)?);
    let title = charge.name.clone().unwrap_or_else(|| "Import duty".to_owned());
    let price = amounts.money(&charge.price)?;
    amounts.single(id, LineKind::Fee, title, (price, price), &charge.tax_lines)
}
