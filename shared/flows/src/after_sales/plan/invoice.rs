//! Invoices by the store's policy (R196): made by Odoo, compared as drafts, pinned where a partial
//! invoice lost its pins, and only then posted.

use super::effective::up_to;
use super::line::{credited, taxes_of};
use super::{Case, PinnedShare, Step, Verdict, overflow, quantity};
use crate::after_sales::seen::{SaleStanding, SeenInvoice, SeenLine, Way};
use crate::config::InvoicePolicy;
use crate::project::tax::TaxShare;
use causeway_domain::{Decimal, Fault, Money};

pub(super) fn next(case: &Case<'_>) -> Result<Verdict, Fault> {
    let at_delivery = match case.policy.invoices {
        InvoicePolicy::None => return Ok(Verdict::Fine),
        InvoicePolicy::AtOrder => false,
        InvoicePolicy::AtDelivery => true,
    };
    match case.seen.standing {
        SaleStanding::Confirmed => {}
        SaleStanding::Quotation | SaleStanding::Cancelled => return Ok(Verdict::Fine),
    }
    if case.wanted.cancelled && !case.seen.anything_sent() {
        return Ok(Verdict::Fine);
    }
    // Odoo would bill what is not due any more; a person is asked already.
    if !quantity::held(case)?.is_empty() {
        return Ok(Verdict::Fine);
    }
    if let Some(draft) = case.seen.invoices.iter().find(|invoice| !invoice.posted) {
        return check_draft(case, draft);
    }
    if !case.seen.lines.iter().any(|line| line.to_invoice > Decimal::ZERO) {
        // Goods that Odoo bills by what is delivered have nothing to invoice until they are.
        return Ok(match case.billed_when_delivered()? {
            Some(name) => Verdict::wait(
                format!("delivery:{}", case.wanted.key),
                format!("Odoo invoices {name} once it is delivered"),
            ),
            None => Verdict::Fine,
        });
    }
    if at_delivery && case.waits_for_delivery() {
        let key = format!("delivery:{}", case.wanted.key);
        return Ok(Verdict::wait(key, "its goods are not delivered yet".to_owned()));
    }
    // Odoo bills each product by its own policy: an invoice of the shipping alone helps nobody.
    let later =
        |line: &&SeenLine| line.ordered - line.invoiced > line.to_invoice.max(Decimal::ZERO);
    if let Some(line) = case.seen.lines.iter().find(later) {
        return Ok(Verdict::wait(
            format!("delivery:{}", case.wanted.key),
            format!(
                "Odoo invoices product {} on delivery, {} of {} so far",
                line.product.unwrap_or_default(),
                line.to_invoice.max(Decimal::ZERO),
                line.ordered - line.invoiced
            ),
        ));
    }
    Ok(Verdict::step(Step::Invoice))
}

/// Line by line: what should be billed, against what Odoo bills.
fn check_draft(case: &Case<'_>, draft: &SeenInvoice) -> Result<Verdict, Fault> {
    let mut shares = Vec::new();
    let mut expected = Money::zero(case.wanted.currency);
    let mut alike = true;
    for line in &draft.lines {
        let Some((net, taxes)) = share(case, draft, line.sale_line, line.quantity)? else {
            return Ok(Verdict::Hold(case.person(
                format!("draft invoice {} bills something that is not of this order", draft.id),
                "finish the draft by hand, then replay the order",
            )));
        };
        let gross =
            taxes.iter().try_fold(net, |sum, tax| sum.plus(tax.amount)).map_err(overflow)?;
        expected = expected.plus(gross).map_err(overflow)?;
        alike &= line.net == net && line.gross == gross;
        shares.push(PinnedShare {
            line: line.id,
            quantity: line.quantity,
            price_unit: line.price_unit,
            discount: line.discount,
            net,
            taxes,
        });
    }
    if draft.total == expected && alike {
        return Ok(post(case, draft));
    }
    if !case.recorded.contains_key(&pinned_step(draft.id)) {
        return Ok(Verdict::step(Step::PinInvoice { invoice: draft.id, lines: shares }));
    }
    if draft.total == expected {
        // Odoo shows the rounding of an order on other lines than the platform; the sums agree.
        return Ok(post(case, draft));
    }
    Ok(Verdict::Hold(case.person(
        format!("its draft invoice {} comes to {}, it should be {expected}", draft.id, draft.total),
        "correct the draft's tax by hand and post it, then replay the order",
    )))
}

/// Posts it, under the name that the processor's settlement will use.
fn post(case: &Case<'_>, draft: &SeenInvoice) -> Verdict {
    let reference = case.wanted.captures.iter().find_map(|capture| capture.reference.clone());
    match reference {
        Some(reference) if draft.payment_reference.as_ref() != Some(&reference) => {
            Verdict::step(Step::NameInvoice { invoice: draft.id, reference })
        }
        Some(_) | None => Verdict::step(Step::Post { document: draft.id }),
    }
}

/// The step under which the row remembers that a draft was pinned.
pub(crate) fn pinned_step(invoice: i64) -> String {
    format!("pinned:{invoice}")
}

/// What `quantity` of an order line should be billed at on this draft: what is left of the line less
/// what earlier invoices billed and credit notes gave back.
fn share(
    case: &Case<'_>,
    draft: &SeenInvoice,
    sale_line: Option<i64>,
    quantity: Decimal,
) -> Result<Option<(Money, Vec<TaxShare>)>, Fault> {
    let mut found = None;
    for at in 0..case.wanted.lines.len() {
        if case.order_line(at).is_ok_and(|line| Some(line.id) == sale_line) {
            found = Some(at);
        }
    }
    let Some(at) = found else { return Ok(None) };
    let left = case.effective(at)?;
    let mut before = Decimal::ZERO;
    let mut net = Money::zero(case.wanted.currency);
    let mut taxes: Vec<Money> = left.taxes.iter().map(|_| net).collect();
    for invoice in case.seen.invoices.iter().filter(|invoice| invoice.id != draft.id) {
        for (place, line) in invoice.lines.iter().enumerate() {
            if line.sale_line != sale_line {
                continue;
            }
            // Linked credit notes give the quantity back to be billed again, with its amounts.
            let linked = |credit: &crate::after_sales::seen::SeenCredit| {
                credit.lines.iter().any(|own| own.sale_line == sale_line)
            };
            let (back, gross) = credited(invoice, place, linked)?;
            before += line.quantity - back;
            let kept = line.gross.minus(gross).map_err(overflow)?;
            let own = taxes_of(line, &left.taxes)?;
            // Net and taxes of what is kept, in the line's own proportions.
            let mut weights = vec![line.net.to_decimal().abs()];
            weights.extend(own.iter().map(|tax| tax.amount.to_decimal().abs()));
            let parts = kept.split(&weights);
            for (sum, part) in std::iter::once(&mut net).chain(&mut taxes).zip(parts) {
                *sum = sum.plus(part).map_err(overflow)?;
            }
        }
    }
    let upto = before + quantity;
    let rest = |whole: Money, done: Money| -> Result<Money, Fault> {
        up_to(whole, upto, left.quantity)?.minus(done).map_err(overflow)
    };
    let shares = left
        .taxes
        .iter()
        .zip(&taxes)
        .map(|(share, done)| Ok(TaxShare { tax: share.tax, amount: rest(share.amount, *done)? }))
        .collect::<Result<Vec<_>, Fault>>()?;
    Ok(Some((rest(left.net, net)?, shares)))
}

impl Case<'_> {
    /// A line of the order that is not billed in full, though Odoo has nothing to invoice of it now.
    fn billed_when_delivered(&self) -> Result<Option<&str>, Fault> {
        for at in 0..self.wanted.lines.len() {
            let Ok(line) = self.order_line(at) else { continue };
            if self.billed(line) < self.effective(at)?.quantity.min(line.ordered) {
                return Ok(Some(&line.name));
            }
        }
        Ok(None)
    }

    /// True while goods are to be sent, or nothing has left that must.
    fn waits_for_delivery(&self) -> bool {
        let pickings = &self.seen.pickings;
        let open = pickings.iter().any(|picking| picking.is_open() && self.seen.heads_out(picking));
        let deliveries = pickings.iter().any(|picking| picking.way == Way::Out);
        open || deliveries && !self.seen.anything_sent()
    }
}
