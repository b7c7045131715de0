//! Money that is given back without a line: spread over an invoice's rates by what is left of each.

use super::credit::CreditLine;
use super::line::taxes_of;
use super::share_out::{Draft, sum};
use super::{Case, overflow};
use crate::after_sales::seen::{SeenCredit, SeenMoveLine};
use crate::after_sales::wanted::{WantedLine, WantedRefund};
use crate::project::tax::TaxShare;
use causeway_domain::{Decimal, Fault, Money};

/// What one combination of taxes of an invoice has left.
struct Group<'a> {
    first: &'a SeenMoveLine,
    net: Money,
    taxes: Vec<TaxShare>,
}

impl Group<'_> {
    fn is_of(&self, mut taxes: Vec<i64>) -> bool {
        let mut own = self.first.taxes.clone();
        own.sort_unstable();
        taxes.sort_unstable();
        own == taxes
    }

    fn take(&mut self, net: Money, taxes: &[TaxShare]) -> Result<(), Fault> {
        self.net = self.net.minus(net).map_err(overflow)?;
        for left in &mut self.taxes {
            for off in taxes.iter().filter(|off| off.tax == left.tax) {
                left.amount = left.amount.minus(off.amount).map_err(overflow)?;
            }
        }
        Ok(())
    }

    fn amounts(&self) -> impl Iterator<Item = Money> {
        std::iter::once(self.net).chain(self.taxes.iter().map(|share| share.amount))
    }
}

fn ids(taxes: &[TaxShare]) -> Vec<i64> {
    taxes.iter().map(|share| share.tax).collect()
}

/// What of these amounts the lines with the same taxes still have: an earlier courtesy, or rounding,
/// may have taken some. What is missing goes back beside the lines.
pub(super) fn within(
    case: &Case<'_>,
    draft: &Draft<'_>,
    own: &SeenMoveLine,
    (net, taxes): (Money, &[TaxShare]),
    other: &dyn Fn(&SeenCredit) -> bool,
) -> Result<(Money, Vec<TaxShare>), Fault> {
    let groups = left(case, draft, other)?;
    let group = groups.iter().find(|group| group.is_of(own.taxes.clone()));
    let zero = Money::zero(net.currency());
    let limit =
        |amount: Money, left: Option<Money>| match left {
            Some(left) if amount.minor() > 0 && left.minor() < amount.minor() => {
                if left.minor() > 0 { left } else { zero }
            }
            Some(_) | None => amount,
        };
    let of = |tax: i64| group.and_then(|group| group.taxes.iter().find(|share| share.tax == tax));
    let taxes = taxes.iter().map(|share| TaxShare {
        tax: share.tax,
        amount: limit(share.amount, of(share.tax).map(|left| left.amount)),
    });
    Ok((limit(net, group.map(|group| group.net)), taxes.collect()))
}

/// Adds one line for each combination of taxes, on the account of its first line. What takes all that is
/// left takes exactly that, so that a full refund leaves nothing of any tax; what is kept back is kept
/// of what this credit note gives.
pub(super) fn spread_amount(
    case: &Case<'_>,
    refund: &WantedRefund,
    gross: Money,
    draft: &mut Draft<'_>,
    other: &dyn Fn(&SeenCredit) -> bool,
) -> Result<(), Fault> {
    let mut groups = left(case, draft, other)?;
    let all: Vec<Money> = groups.iter().flat_map(Group::amounts).collect();
    let whole = Money::sum(all.iter().copied(), gross.currency()).map_err(overflow)?;
    let parts = if whole == gross {
        all
    } else {
        if gross.minor() < 0 {
            for group in &mut groups {
                given(draft, group)?;
            }
        }
        let amounts = groups.iter().flat_map(Group::amounts);
        let weights: Vec<Decimal> =
            amounts.map(|amount| amount.to_decimal().max(Decimal::ZERO)).collect();
        gross.split(&weights)
    };
    let mut parts = parts.into_iter();
    let zero = Money::zero(gross.currency());
    for group in groups {
        let net = parts.next().unwrap_or(zero);
        let taxes: Vec<TaxShare> = group
            .taxes
            .iter()
            .map(|share| TaxShare { tax: share.tax, amount: parts.next().unwrap_or(zero) })
            .collect();
        if net.is_zero() && taxes.iter().all(|share| share.amount.is_zero()) {
            continue;
        }
        draft.total = draft.total.plus(sum(net, &taxes)?).map_err(overflow)?;
        draft.lines.push(CreditLine {
            external_id: draft.next_key(),
            product: None,
            uom: None,
            name: format!("Refund {} of order {}", refund.id, case.wanted.number),
            quantity: Decimal::ONE,
            price_unit: net.to_decimal(),
            discount: Decimal::ZERO,
            account: group.first.account,
            analytic: group.first.analytic.clone(),
            net,
            taxes,
            sale_line: None,
        });
    }
    Ok(())
}

/// Makes a group hold what the lines of this credit note give back of it.
fn given(draft: &Draft<'_>, group: &mut Group<'_>) -> Result<(), Fault> {
    let zero = Money::zero(group.net.currency());
    group.net = zero;
    group.taxes.iter_mut().for_each(|share| share.amount = zero);
    for line in &draft.lines {
        if !group.is_of(ids(&line.taxes)) {
            continue;
        }
        let more: Vec<TaxShare> = line
            .taxes
            .iter()
            .map(|share| TaxShare { amount: share.amount.negated(), ..*share })
            .collect();
        group.take(line.net.negated(), &more)?;
    }
    Ok(())
}

/// What the invoice bills, less what other credit notes and this one's lines give back.
fn left<'a>(
    case: &Case<'_>,
    draft: &Draft<'a>,
    other: &dyn Fn(&SeenCredit) -> bool,
) -> Result<Vec<Group<'a>>, Fault> {
    let like = |line: &SeenMoveLine| -> Vec<TaxShare> {
        let same = |own: &&WantedLine| {
            own.taxes.len() == line.taxes.len()
                && own.taxes.iter().all(|share| line.taxes.contains(&share.tax))
        };
        case.wanted.lines.iter().find(same).map(|own| own.taxes.clone()).unwrap_or_default()
    };
    let mut groups: Vec<Group<'a>> = Vec::new();
    for line in &draft.invoice.lines {
        let taxes = taxes_of(line, &like(line))?;
        match groups.iter_mut().find(|group| group.is_of(line.taxes.clone())) {
            Some(group) => {
                let more: Vec<TaxShare> = taxes
                    .iter()
                    .map(|share| TaxShare { amount: share.amount.negated(), ..*share })
                    .collect();
                group.take(line.net.negated(), &more)?;
            }
            None => groups.push(Group { first: line, net: line.net, taxes }),
        }
    }
    let notes = draft.invoice.credits.iter().filter(|note| other(note));
    for line in notes.flat_map(|note| &note.lines) {
        if let Some(group) = groups.iter_mut().find(|group| group.is_of(line.taxes.clone())) {
            let taxes = taxes_of(line, &like(line))?;
            group.take(line.net, &taxes)?;
        }
    }
    for line in &draft.lines {
        if let Some(group) = groups.iter_mut().find(|group| group.is_of(ids(&line.taxes))) {
            group.take(line.net, &line.taxes)?;
        }
    }
    Ok(groups)
}
