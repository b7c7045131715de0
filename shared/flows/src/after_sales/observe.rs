//! Reads what Odoo has of an order: one deep read, the lines of its documents, and whose they are.

use super::seen::{
    OpenItem, PickingStanding, SaleStanding, Seen, SeenCredit, SeenInvoice, SeenLine, SeenMoveLine,
    SeenPayment, SeenPicking, SeenStockMove, Way,
};
use causeway_domain::ports::Http;
use causeway_domain::{Fault, Money};
use causeway_odoo::{
    AccountKind, ExternalIdOf, InvoiceRecord, LineDisplay, MoveKind, MoveLine, MoveRecord,
    MoveState, Odoo, OrderState, PickingCode, PickingRecord, PickingState, PickingTypeRecord,
    SaleLine, SaleRecord,
};
use std::collections::BTreeMap;

/// What Odoo has of sale order `id`; `None` if it was deleted. `recorded` are the steps of our row.
pub(super) async fn observe<H: Http>(
    odoo: Odoo<'_, H>,
    id: i64,
    recorded: &BTreeMap<String, i64>,
) -> Result<Option<Seen>, Fault> {
    let Some(sale) = odoo.read_sale(id).await? else { return Ok(None) };
    let documents: Vec<i64> = sale
        .invoices
        .iter()
        .flat_map(|invoice| invoice.reversals.iter().chain([&invoice.record]))
        .map(|record| record.id)
        .collect();
    let payments = payments(odoo, recorded).await?;
    let entries: Vec<i64> = payments.values().filter_map(|payment| payment.entry).collect();
    let wanted: Vec<i64> = documents.iter().chain(&entries).copied().collect();
    let lines = match wanted.is_empty() {
        true => Vec::new(),
        false => odoo.move_lines(&wanted).await?,
    };
    let notes: Vec<i64> = sale
        .invoices
        .iter()
        .flat_map(|invoice| invoice.reversals.iter().map(|record| record.id))
        .collect();
    let returns: Vec<i64> =
        sale.pickings.iter().filter(|p| p.returns.is_some()).map(|p| p.id).collect();
    let names = Names {
        moves: odoo.external_ids(ExternalIdOf::Move, &notes).await?,
        pickings: odoo.external_ids(ExternalIdOf::Picking, &returns).await?,
    };
    let types = match sale.pickings.is_empty() {
        true => Vec::new(),
        false => odoo.picking_types().await?,
    };
    let mut seen = Seen {
        id: sale.id,
        name: sale.name.clone(),
        standing: standing(&sale)?,
        locked: sale.locked,
        partner: sale.invoice_address,
        total: sale.total,
        documents: documents.clone(),
        lines: sale.lines.iter().filter(|line| line.display_type.is_none()).map(line).collect(),
        invoices: invoices(&sale, &lines, &names)?,
        pickings: sale
            .pickings
            .iter()
            .filter_map(|picking| self::picking(picking, &types, &names))
            .collect(),
        payments: payments
            .into_iter()
            .map(|(step, payment)| {
                let own = lines.iter().filter(|line| Some(line.entry) == payment.entry);
                let items = own.filter(|line| is_receivable(line)).map(open_item).collect();
                let seen = SeenPayment {
                    id: payment.id,
                    posted: payment.posted,
                    amount: payment.amount,
                    open_items: items,
                };
                (step, seen)
            })
            .collect(),
    };
    seen.invoices.sort_by_key(|invoice| invoice.id);
    seen.pickings.sort_by_key(|picking| picking.id);
    Ok(Some(seen))
}

struct Names {
    moves: BTreeMap<i64, String>,
    pickings: BTreeMap<i64, String>,
}

struct Paid {
    id: i64,
    posted: bool,
    amount: Money,
    entry: Option<i64>,
}

async fn payments<H: Http>(
    odoo: Odoo<'_, H>,
    recorded: &BTreeMap<String, i64>,
) -> Result<BTreeMap<String, Paid>, Fault> {
    let mut found = BTreeMap::new();
    for (step, id) in recorded {
        if !step.starts_with("payment:") && !step.starts_with("refund-payment:") {
            continue;
        }
        if let Some(payment) = odoo.read_payment(*id).await? {
            let paid = Paid {
                id: payment.id,
                posted: payment.is_posted(),
                amount: payment.amount,
                entry: payment.entry,
            };
            found.insert(step.clone(), paid);
        }
    }
    Ok(found)
}

fn standing(sale: &SaleRecord) -> Result<SaleStanding, Fault> {
    match &sale.state {
        OrderState::Draft | OrderState::Sent => Ok(SaleStanding::Quotation),
        OrderState::Sale => Ok(SaleStanding::Confirmed),
        OrderState::Cancel => Ok(SaleStanding::Cancelled),
        OrderState::Other(state) => Err(Fault::reject(
            format!("sale order {} is in state {state}", sale.name),
            "an app of this Odoo adds states; settle its refunds by hand",
        )),
    }
}

fn line(line: &SaleLine) -> SeenLine {
    SeenLine {
        id: line.id,
        external_id: line.external_id.clone(),
        product: line.product,
        ordered: line.quantity,
        delivered: line.delivered,
        invoiced: line.invoiced,
        to_invoice: line.to_invoice,
        price_unit: line.price_unit,
        discount: line.discount,
        taxes: line.taxes.clone(),
        name: line.name.clone(),
    }
}

/// Posted or draft; a cancelled document is none.
fn lives(record: &MoveRecord) -> Option<bool> {
    match &record.state {
        MoveState::Draft => Some(false),
        MoveState::Posted => Some(true),
        MoveState::Cancel | MoveState::Other(_) => None,
    }
}

fn invoices(
    sale: &SaleRecord,
    lines: &[MoveLine],
    names: &Names,
) -> Result<Vec<SeenInvoice>, Fault> {
    let currency = sale.total.currency();
    let bills = |invoice: &&InvoiceRecord| invoice.record.kind == MoveKind::Invoice;
    let mut found = Vec::new();
    for invoice in sale.invoices.iter().filter(bills) {
        let record = &invoice.record;
        let Some(posted) = lives(record) else { continue };
        if record.total.currency() != currency {
            return Err(Fault::reject(
                format!(
                    "invoice {} is in {}, the order in {currency}",
                    record.id,
                    record.total.currency()
                ),
                "settle its refunds by hand",
            ));
        }
        let credits = invoice.reversals.iter().filter(|note| note.kind == MoveKind::CreditNote);
        found.push(SeenInvoice {
            id: record.id,
            name: record.name.clone(),
            posted,
            journal: record.journal,
            partner: record.partner.unwrap_or(sale.invoice_address),
            delivery_address: record.delivery_address,
            fiscal_position: record.fiscal_position,
            currency_id: record.currency_id,
            payment_reference: record.payment_reference.clone(),
            total: record.total,
            lines: billed(lines, record.id),
            open_items: open_items(lines, record.id),
            credits: credits
                .filter_map(|note| {
                    Some(SeenCredit {
                        id: note.id,
                        external_id: names.moves.get(&note.id).cloned(),
                        posted: lives(note)?,
                        total: note.total,
                        lines: billed(lines, note.id),
                        open_items: open_items(lines, note.id),
                    })
                })
                .collect(),
        });
    }
    Ok(found)
}

fn billed(lines: &[MoveLine], entry: i64) -> Vec<SeenMoveLine> {
    let own =
        lines.iter().filter(|line| line.entry == entry && line.display == LineDisplay::Product);
    own.filter_map(|line| {
        Some(SeenMoveLine {
            id: line.id,
            sale_line: line.sale_lines.first().copied(),
            product: line.product,
            uom: line.uom,
            name: line.name.clone().unwrap_or_default(),
            quantity: line.quantity,
            price_unit: line.price_unit,
            discount: line.discount,
            taxes: line.taxes.clone(),
            account: line.account?,
            analytic: line.analytic.clone(),
            net: line.subtotal,
            gross: line.total,
        })
    })
    .collect()
}

fn is_receivable(line: &MoveLine) -> bool {
    line.account_kind == AccountKind::Receivable
}

fn open_item(line: &MoveLine) -> OpenItem {
    let residual = if line.reconciled {
        Money::zero(line.residual_amount.currency())
    } else {
        line.residual_amount
    };
    OpenItem { id: line.id, account: line.account.unwrap_or_default(), residual }
}

fn open_items(lines: &[MoveLine], entry: i64) -> Vec<OpenItem> {
    let own = lines.iter().filter(|line| line.entry == entry && line.posted && is_receivable(line));
    own.map(open_item).collect()
}

fn picking(
    picking: &PickingRecord,
    types: &[PickingTypeRecord],
    names: &Names,
) -> Option<SeenPicking> {
    let state = match &picking.state {
        PickingState::Draft => PickingStanding::Draft,
        PickingState::Waiting
        | PickingState::Confirmed
        | PickingState::Partly
        | PickingState::Assigned => PickingStanding::Open,
        PickingState::Done => PickingStanding::Done,
        PickingState::Cancel | PickingState::Other(_) => return None,
    };
    let own = types.iter().find(|one| one.id == picking.picking_type);
    let live = picking.moves.iter().filter(|stock| stock.state != PickingState::Cancel);
    Some(SeenPicking {
        id: picking.id,
        name: picking.name.clone(),
        state,
        external_id: names.pickings.get(&picking.id).cloned(),
        return_of: picking.returns,
        return_type: own.and_then(|one| one.returns).unwrap_or(picking.picking_type),
        way: match picking.code {
            PickingCode::Outgoing => Way::Out,
            PickingCode::Incoming => Way::In,
            PickingCode::Internal => Way::Within,
            PickingCode::Other(_) => Way::Other,
        },
        moves: live
            .map(|stock| SeenStockMove {
                id: stock.id,
                sale_line: stock.sale_line,
                product: stock.product,
                demand: stock.demand,
                quantity: stock.quantity,
                picked: stock.picked,
                origin: stock.returns,
                from: stock.from,
                to: stock.to,
                done: stock.state == PickingState::Done,
            })
            .collect(),
    })
}
