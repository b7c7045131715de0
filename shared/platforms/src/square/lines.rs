//! Lines of goods, service charges, tip and rounding, each with its exact taxes.

use causeway_domain::money::decimal;
use causeway_domain::{
    Collector, Currency, Decimal, Fault, Line, LineId, LineKind, LineTax, Money, ProductId,
    ProductRef, RefundTax, Sku, TaxCode,
};
use std::collections::BTreeMap;

use super::shape::{AppliedTax, LineItem, OrderDocument, ServiceCharge, SquareMoney, Tax, WHAT};
use crate::answer::unreadable;
use crate::rounding::LARGEST;

/// What every line of an order needs to know.
pub(super) struct Ledger<'a> {
    pub(super) currency: Currency,
    pub(super) prices_include_tax: bool,
    taxes: BTreeMap<&'a str, &'a Tax>,
    skus: &'a BTreeMap<String, String>,
}

impl<'a> Ledger<'a> {
    pub(super) fn of(
        document: &'a OrderDocument,
        currency: Currency,
        skus: &'a BTreeMap<String, String>,
    ) -> Self {
        let all = || document.taxes.iter().flatten();
        let taxes = all().filter_map(|tax| Some((tax.uid.as_deref()?, tax))).collect();
        let inclusive = all().all(inclusive) && all().next().is_some();
        Self { currency, prices_include_tax: inclusive, taxes, skus }
    }

    /// For the lines that a return takes back, with the taxes that it lists.
    pub(super) fn of_return(
        taxes: &'a Option<Vec<Tax>>,
        currency: Currency,
        skus: &'a BTreeMap<String, String>,
    ) -> Self {
        let taxes = taxes.iter().flatten();
        let taxes = taxes.filter_map(|tax| Some((tax.uid.as_deref()?, tax))).collect();
        Self { currency, prices_include_tax: false, taxes, skus }
    }

    /// Net and taxes of something taken back; only their sum where Square does not name them.
    pub(super) fn taken_back(
        &self,
        applied: &Option<Vec<AppliedTax>>,
        tax: &Option<SquareMoney>,
        total: &Option<SquareMoney>,
    ) -> Result<(Money, RefundTax), Fault> {
        let sum = self.money(tax)?;
        let net = less(self.money(total)?, sum)?;
        if sum.minor() < 0 || net.minor() < 0 {
            return Err(unreadable(WHAT, "a returned amount below zero"));
        }
        let tax = match self.taxes("of a return", applied, tax) {
            Ok(taxes) => RefundTax::Each(taxes.into_iter().map(|tax| tax.line).collect()),
            Err(_) => RefundTax::Sum(sum),
        };
        Ok((net, tax))
    }

    /// An amount in the order's currency; nothing if absent.
    pub(super) fn money(&self, given: &Option<SquareMoney>) -> Result<Money, Fault> {
        let Some(given) = given else { return Ok(Money::zero(self.currency)) };
        let money = given.money()?;
        if money.currency() != self.currency {
            return Err(unreadable(
                WHAT,
                format!("an amount in {} in a {} order", money.currency(), self.currency),
            ));
        }
        Ok(money)
    }

    /// The applied taxes, which must sum to the total that stands beside them.
    fn taxes(
        &self,
        at: &str,
        applied: &Option<Vec<AppliedTax>>,
        total: &Option<SquareMoney>,
    ) -> Result<Vec<Taxed>, Fault> {
        let applied = applied.iter().flatten();
        let taxes: Vec<Taxed> = applied.map(|one| self.tax(one)).collect::<Result<_, Fault>>()?;
        let sum = sum(taxes.iter().map(|tax| tax.line.amount), self.currency)?;
        let total = self.money(total)?;
        if sum != total {
            return Err(Fault::reject(
                format!("line {at}: its taxes sum to {sum}, its total tax is {total}"),
                "compare the order with its receipt; a tax that Square reports without its name \
                 must be entered by hand",
            ));
        }
        Ok(taxes)
    }

    fn tax(&self, applied: &AppliedTax) -> Result<Taxed, Fault> {
        let Some(tax) = self.taxes.get(applied.tax_uid.as_str()).copied() else {
            return Err(unreadable(
                WHAT,
                format!("tax {} is not among the order's", applied.tax_uid),
            ));
        };
        let title = tax.name.as_deref().unwrap_or("Tax").to_owned();
        let rate = tax.percentage.as_deref().map(decimal).transpose();
        Ok(Taxed {
            inclusive: inclusive(tax),
            line: LineTax {
                code: TaxCode(tax.catalog_object_id.clone().unwrap_or_else(|| title.clone())),
                title,
                rate: rate.map_err(|error| unreadable(WHAT, error))?.map(|rate| rate.normalize()),
                amount: self.money(&applied.applied_money)?,
                collector: Collector::Merchant,
            },
        })
    }

    /// Net and the basis of unit price and discount, from what the buyer pays for the line.
    fn split(&self, total: Money, taxes: &[Taxed]) -> Result<(Money, Money), Fault> {
        let all = sum(taxes.iter().map(|tax| tax.line.amount), self.currency)?;
        let added = taxes.iter().filter(|tax| !tax.inclusive).map(|tax| tax.line.amount);
        let net = less(total, all)?;
        let basis =
            if self.prices_include_tax { less(total, sum(added, self.currency)?)? } else { net };
        Ok((net, basis))
    }

    /// A line of goods; `None` if it has neither quantity nor amount.
    pub(super) fn sold(&self, at: usize, item: &LineItem) -> Result<Option<Line>, Fault> {
        let id = item.uid.clone().unwrap_or_else(|| format!("line-{at}"));
        let quantity = ranged(decimal(&item.quantity).map_err(|error| unreadable(WHAT, error))?)?;
        let total = self.money(&item.total_money)?;
        let taxes = self.taxes(&id, &item.applied_taxes, &item.total_tax_money)?;
        if quantity.is_zero() && total.is_zero() {
            return Ok(None);
        }
        let (net, basis) = self.split(total, &taxes)?;
        let given = self.money(&item.total_discount_money)?;
        let (unit_price, discount) = self.price(item, quantity, basis, given, &taxes)?;
        let taxes = taxes.into_iter().map(|tax| tax.line).collect();
        let (id, kind, title) = (LineId::new(id), self.kind(item), title(item));
        Ok(Some(Line { id, kind, title, quantity, unit_price, discount, net, taxes }))
    }

    /// List price of one and discount of the line, on the order's basis. The listed price, modifiers
    /// included, stands where it leads to the basis. It does not under an inclusive tax in an order
    /// of prices without tax, nor with an apportioned service charge: then the price is derived.
    fn price(
        &self,
        item: &LineItem,
        quantity: Decimal,
        basis: Money,
        discount: Money,
        taxes: &[Taxed],
    ) -> Result<(Decimal, Money), Fault> {
        if discount.minor() < 0 {
            return Err(unreadable(WHAT, "a discount below zero"));
        }
        let listed = self.listed(item)?;
        let gross = round(listed.checked_mul(quantity), self.currency)?;
        let apart = less(less(gross, discount)?, basis)?;
        // One unit for Square's rounding to even of fractional quantities.
        if apart.minor().abs() <= 1 {
            return Ok((listed, discount));
        }
        let mixed = !self.prices_include_tax && taxes.iter().any(|tax| tax.inclusive);
        let paid = less(gross, discount)?;
        let discount = if mixed && !paid.is_zero() {
            // The discount reduced a price that contained the tax; its net part goes with the net.
            let part = discount.to_decimal().checked_mul(basis.to_decimal());
            round(part.and_then(|part| part.checked_div(paid.to_decimal())), self.currency)?
        } else {
            discount
        };
        let before = less(basis, discount.negated())?;
        let unit = before.to_decimal().checked_div(quantity);
        let unit = unit.ok_or_else(|| unreadable(WHAT, "a line of quantity 0 with an amount"))?;
        Ok((unit, discount))
    }

    /// Base price of one and its modifiers.
    fn listed(&self, item: &LineItem) -> Result<Decimal, Fault> {
        let mut listed = self.money(&item.base_price_money)?.to_decimal();
        for modifier in item.modifiers.iter().flatten() {
            let count = modifier.quantity.as_deref().map_or(Ok(Decimal::ONE), decimal);
            let count = ranged(count.map_err(|error| unreadable(WHAT, error))?)?;
            let price = self.money(&modifier.base_price_money)?.to_decimal();
            let sum = price.checked_mul(count).and_then(|price| listed.checked_add(price));
            listed = sum.ok_or_else(out_of_range)?;
        }
        Ok(listed)
    }

    fn kind(&self, item: &LineItem) -> LineKind {
        match item.item_type.as_deref() {
            Some("GIFT_CARD") => LineKind::GiftCardSold,
            Some(_) | None => {
                let id = item.catalog_object_id.as_deref();
                let sku = id.and_then(|id| self.skus.get(id)).map(|sku| sku.trim());
                LineKind::Product(ProductRef {
                    id: id.map(ProductId::new),
                    sku: sku.filter(|sku| !sku.is_empty()).map(Sku::new),
                })
            }
        }
    }

    /// A service charge; `None` if its amount is already inside the lines.
    pub(super) fn fee(&self, at: usize, charge: &ServiceCharge) -> Result<Option<Line>, Fault> {
        if charge.treatment_type.as_deref() == Some("APPORTIONED_TREATMENT") {
            return Ok(None);
        }
        let id = charge.uid.clone().unwrap_or_else(|| format!("at-{at}"));
        let taxes = self.taxes(&id, &charge.applied_taxes, &charge.total_tax_money)?;
        let (net, basis) = self.split(self.money(&charge.total_money)?, &taxes)?;
        Ok(Some(Line {
            id: LineId::new(format!("service-{id}")),
            kind: LineKind::Fee,
            title: charge.name.clone().unwrap_or_else(|| "Service charge".to_owned()),
            quantity: Decimal::ONE,
            unit_price: basis.to_decimal(),
            discount: Money::zero(self.currency),
            net,
            taxes: taxes.into_iter().map(|tax| tax.line).collect(),
        }))
    }
}

/// A line without tax; `None` for nothing.
pub(super) fn untaxed(id: &str, kind: LineKind, title: &str, amount: Money) -> Option<Line> {
    (!amount.is_zero()).then(|| Line::untaxed(id, kind, title, amount))
}

struct Taxed {
    inclusive: bool,
    line: LineTax,
}

fn inclusive(tax: &Tax) -> bool {
    tax.kind.as_deref() == Some("INCLUSIVE")
}

fn title(item: &LineItem) -> String {
    match (item.name.as_deref(), item.variation_name.as_deref()) {
        (Some(name), Some(variation)) if !variation.is_empty() && variation != name => {
            format!("{name} - {variation}")
        }
        (Some(name), _) => name.to_owned(),
        (None, Some(variation)) => variation.to_owned(),
        (None, None) => "Custom amount".to_owned(),
    }
}

fn ranged(number: Decimal) -> Result<Decimal, Fault> {
    if number.abs() > LARGEST { Err(out_of_range()) } else { Ok(number) }
}

fn out_of_range() -> Fault {
    unreadable(WHAT, "amount out of range")
}

fn round(amount: Option<Decimal>, currency: Currency) -> Result<Money, Fault> {
    let amount = amount.ok_or_else(out_of_range)?;
    Money::round(amount, currency).map_err(|error| unreadable(WHAT, error))
}

fn less(from: Money, amount: Money) -> Result<Money, Fault> {
    from.minus(amount).map_err(|error| unreadable(WHAT, error))
}

fn sum(amounts: impl Iterator<Item = Money>, currency: Currency) -> Result<Money, Fault> {
    Money::sum(amounts, currency).map_err(|error| unreadable(WHAT, error))
}
