//! The platform's final tax becomes an Odoo tax by explicit rules; Odoo's own opinion, the fiscal
//! position, is only compared.

use crate::config::{StoreConfig, TaxRule};
use causeway_domain::{Collector, CountryCode, Fault, Line, LineTax, Money, Order};
use causeway_odoo::Session;
use serde::Serialize;

/// An Odoo tax of a line with its exact amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TaxShare {
    /// `account.tax` id.
    pub tax: i64,
    /// Amount.
    pub amount: Money,
}

/// The Odoo taxes of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shares {
    /// True if all of them are taxes whose price includes them.
    pub(crate) included: bool,
    /// The taxes; never empty, because an exact amount needs a tax to stand on.
    pub(crate) taxes: Vec<TaxShare>,
}

/// Maps the taxes of a line. Two platform taxes that map to one Odoo tax are added up.
pub(crate) fn shares(
    order: &Order,
    country: Option<CountryCode>,
    line: &Line,
    config: &StoreConfig,
) -> Result<Shares, Fault> {
    let mapped = line
        .taxes
        .iter()
        .map(|tax| Ok((rule(order, country, line, tax, &config.taxes)?, tax.amount)))
        .collect::<Result<Vec<_>, Fault>>()?;
    // Prices are gross for Odoo only if every tax of the line can be: mixed would be priced wrongly.
    let included = order.prices_include_tax
        && !mapped.is_empty()
        && mapped.iter().all(|(rule, _)| rule.tax_included.is_some());
    let mut taxes: Vec<TaxShare> = Vec::new();
    for (rule, amount) in mapped {
        let tax = if included { rule.tax_included.unwrap_or(rule.tax) } else { rule.tax };
        match taxes.iter_mut().find(|share| share.tax == tax) {
            Some(share) => {
                share.amount = share
                    .amount
                    .plus(amount)
                    .map_err(|error| Fault::reject(error, "check the order on the platform"))?;
            }
            None => taxes.push(TaxShare { tax, amount }),
        }
    }
    if taxes.is_empty() {
        let amount = Money::zero(order.currency);
        taxes.push(TaxShare { tax: untaxed(order, country, config), amount });
    }
    Ok(Shares { included, taxes })
}

/// The tax of a line that the platform does not tax: a rule with code "none" for the country, which
/// names the export or intra-community tax, else the store's 0 % tax.
fn untaxed(order: &Order, country: Option<CountryCode>, config: &StoreConfig) -> i64 {
    let fits = |rule: &&TaxRule| rule.code.as_deref() == Some("none") && at(rule, order, country);
    let rules = config.taxes.iter().filter(fits);
    rules.max_by_key(|rule| weight(rule)).map_or(config.no_tax, |rule| rule.tax)
}

/// Whether a rule is for this place and kind of customer.
fn at(rule: &TaxRule, order: &Order, country: Option<CountryCode>) -> bool {
    rule.country.is_none_or(|wanted| Some(wanted) == country)
        && rule.business.is_none_or(|wanted| wanted == order.customer.vat_normalised().is_some())
}

/// A code says more than a rate, a rate more than a country, a country more than the customer.
fn weight(rule: &TaxRule) -> u8 {
    8 * u8::from(rule.code.is_some())
        + 4 * u8::from(rule.rate.is_some())
        + 2 * u8::from(rule.country.is_some())
        + u8::from(rule.business.is_some())
}

fn rule<'a>(
    order: &Order,
    country: Option<CountryCode>,
    line: &Line,
    tax: &LineTax,
    rules: &'a [TaxRule],
) -> Result<&'a TaxRule, Fault> {
    let fits = |rule: &&TaxRule| {
        rule.collector == tax.collector
            && rule.code.as_ref().is_none_or(|code| *code == tax.code.0 || *code == tax.title)
            && rule.rate.is_none_or(|rate| Some(rate) == tax.rate)
            && at(rule, order, country)
    };
    rules.iter().filter(fits).max_by_key(|rule| weight(rule)).ok_or_else(|| {
        let rate = tax.rate.map_or_else(|| "no rate".to_owned(), |rate| format!("{} %", rate.normalize()));
        let country = country.map_or("no country", |_| "").to_owned()
            + country.as_ref().map_or("", CountryCode::as_str);
        let collector = match tax.collector {
            Collector::Merchant => "",
            Collector::Marketplace => ", collected by the marketplace",
        };
        Fault::reject(
            format!(
                "order {}: line {} is taxed {:?} ({}, {rate}, {}{collector}, delivery to {country}) \
                 and no tax rule matches",
                order.key, line.id, tax.title, tax.code.0, tax.amount
            ),
            format!("add a rule to [[stores.{}.taxes]]", order.key.store),
        )
    })
}

/// Compares the taxes of an order with what Odoo's fiscal position makes of them. A position replaces
/// the original taxes of its own taxes (`account.tax.original_tax_ids`); a tax that is tied to other
/// positions only does not belong here either (odoo FACTS A5, A8, A15). Where the country of the buyer or
/// of the delivery is not known (`place_known`; sales over the counter) and no position is given, that says
/// nothing against the store's tax (seen on 19.0; [`super::place`]).
///
/// A difference is for a person, with both taxes named: Odoo never maps taxes that are sent.
pub(super) fn check_fiscal_position(
    order: &str,
    position: Option<i64>,
    place_known: bool,
    taxes: impl IntoIterator<Item = i64>,
    session: &Session,
) -> Result<(), Fault> {
    let name = |id: i64| {
        let text = session.taxes.get(&id).map_or("unknown", |tax| tax.name.as_str());
        format!("{id} ({text})")
    };
    let place = position
        .map_or_else(|| "no fiscal position".to_owned(), |id| format!("fiscal position {id}"));
    for sent in taxes {
        let Some(row) = session.taxes.get(&sent) else {
            return Err(Fault::reject(
                format!("order {order}: the configured tax {sent} does not exist in Odoo"),
                "correct the tax rules of the store",
            ));
        };
        let replacement = position.and_then(|position| {
            session.taxes.iter().find(|(_, tax)| {
                tax.active
                    && tax.fiscal_positions.contains(&position)
                    && tax.original_taxes.contains(&sent)
            })
        });
        if let Some((expected, _)) = replacement.filter(|(id, _)| **id != sent) {
            return Err(Fault::reject(
                format!(
                    "order {order}: the store's tax is {}, Odoo's {place} for the delivery address \
                     makes it {}",
                    name(sent),
                    name(*expected)
                ),
                "correct the tax rule, the address or the fiscal position, then replay the order",
            ));
        }
        // A position without taxes of its own removes every tax.
        let removes_all = position.is_some_and(|position| {
            !session
                .taxes
                .values()
                .any(|tax| tax.active && tax.fiscal_positions.contains(&position))
        });
        let elsewhere = removes_all
            || !row.fiscal_positions.is_empty()
                && position.map_or(place_known, |own| !row.fiscal_positions.contains(&own));
        if elsewhere {
            return Err(Fault::reject(
                format!(
                    "order {order}: the store's tax is {}, which belongs to fiscal positions {:?}; \
                     Odoo chose {place} for the delivery address",
                    name(sent),
                    row.fiscal_positions
                ),
                "correct the tax rule, the address or the fiscal position, then replay the order",
            ));
        }
    }
    Ok(())
}
