//! Money that is given back without a line: spread over an invoice's rates by what is left of each.

use super::credit::CreditLine;
use super::line::taxes_of;
use super::share_out::{Draft, sum};
use super::{Case, overflow};
use crate::after_sales::seen::{SeenCredit, SeenMoveLine};
use crate::after_sales::wanted::WantedRefund;
use crate::project::tax::TaxShare;
use causeway_domain::{Decimal, Fault, Money};

/// What one combination of taxes of an invoice has left.
struct Group<'a> {
    first: &'a SeenMoveLine,
    net: Money,
    taxes: Vec<TaxShare>,
}

impl Group<'_> {
    fn take(&mut self, net: Money, taxes: &[TaxShare]) -> Result<(), Fault> {
        self.net = self.net.minus(net).map_err(overflow)?;
        for (left, off) in self.taxes.iter_mut().zip(taxes) {
            left.amount = left.amount.minus(off.amount).map_err(overflow)?;
        }
        Ok(())
    }

    fn amounts(&self) -> impl Iterator<Item = Money> {
        std::iter::once(self.net).chain(self.taxes.iter().map(|share| share.amount))
    }
}

/// Adds one line for each combination of taxes, on the account of its first line. What takes all that is
/// left takes exactly that, so that a full refund leaves nothing of any tax.
pub(super) fn spread_amount(
    case: &Case<'_>,
    refund: &WantedRefund,
    gross: Money,
    draft: &mut Draft<'_>,
    other: &dyn Fn(&SeenCredit) -> bool,
) -> Result<(), Fault> {
    let groups = left(case, draft, other)?;
    let all: Vec<Money> = groups.iter().flat_map(Group::amounts).collect();
    let whole = Money::sum(all.iter().copied(), gross.currency()).map_err(overflow)?;
    let weights: Vec<Decimal> =
        all.iter().map(|amount| amount.to_decimal().max(Decimal::ZERO)).collect();
    let parts = if whole == gross { all } else { gross.split(&weights) };
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

/// What the invoice bills, less what other credit notes and this one's lines give back.
fn left<'a>(
    case: &Case<'_>,
    draft: &Draft<'a>,
    other: &dyn Fn(&SeenCredit) -> bool,
) -> Result<Vec<Group<'a>>, Fault> {
    let like = |line: &SeenMoveLine| -> Vec<TaxShare> {
        let same = |own: &&crate::after_sales::wanted::WantedLine| {
            own.taxes.iter().map(|share| share.tax).eq(line.taxes.iter().copied())
        };
        case.wanted.lines.iter().find(same).map(|own| own.taxes.clone()).unwrap_or_default()
    };
    let mut groups: Vec<Group<'a>> = Vec::new();
    for line in &draft.invoice.lines {
        let taxes = taxes_of(line, &like(line))?;
        match groups.iter_mut().find(|group| group.first.taxes == line.taxes) {
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
        if let Some(group) = groups.iter_mut().find(|group| group.first.taxes == line.taxes) {
            let taxes = taxes_of(line, &like(line))?;
            group.take(line.net, &taxes)?;
        }
    }
    for line in &draft.lines {
        let ids = || line.taxes.iter().map(|share| share.tax);
        let same = |group: &&mut Group<'a>| group.first.taxes.iter().copied().eq(ids());
        if let Some(group) = groups.iter_mut().find(same) {
            group.take(line.net, &line.taxes)?;
        }
    }
    Ok(groups)
}
