//! Brings one settlement into Odoo: load, look, post, set off. Every step may be repeated.

use super::documents::{self, references};
use super::plan::{Found, PlannedLine, plan, word};
use super::set_off::SetOff;
use crate::World;
use crate::account;
use crate::config::AccountDocument;
use crate::work::{self, ATTENTION_LIFE, Job, LEASE};
use causeway_domain::ports::{Clock as _, Http};
use causeway_domain::{EntryKind, Fault, Settlement, Timestamp, WaitKey};
use causeway_ledger::{AttentionItem, Ledger as _, RowKey};
use causeway_odoo::{
    CulpritClass, EntryDraft, EntryLine, EntryTax, ExternalId, MoveLine, Odoo, Record,
};
use causeway_processors::{Method, refund_lag};
use jiff::tz::TimeZone;

/// What the entries of a chargeback have as `ref`, so that the settlement finds them.
pub(crate) fn dispute_reference(payment: &str) -> String {
    format!("chargeback {payment}")
}

/// The step under which the row records a settlement's entry.
fn step(settlement: &Settlement) -> String {
    format!("entry:{}", settlement.id)
}

/// Books a settlement, and gives the id of its entry.
pub(super) async fn book<W: World>(
    world: &W,
    odoo: Odoo<'_, W::Http>,
    document: &AccountDocument,
    job: &Job,
    settlement: &Settlement,
    deadline: Timestamp,
) -> Result<i64, Fault> {
    settlement.check()?;
    let books = &document.account.books;
    let (currency_id, currency) = odoo.company_currency().await?;
    if currency != settlement.currency {
        return Err(Fault::reject(
            format!(
                "settlement {} is in {}, the company keeps its books in {currency}",
                settlement.id, settlement.currency
            ),
            "book it by hand: payouts in foreign currencies are not brought to Odoo",
        ));
    }
    let found = documents::find(odoo, books, settlement).await?;
    if !job.row.odoo_ids.contains_key(&step(settlement)) {
        hold(document, settlement, &found, world.clock().now())?;
    }
    let fees = account::processor(document)?.dispute_fees();
    let lines = plan(settlement, books, fees, &found)?;
    if lines.is_empty() {
        return Err(Fault::skip(format!("settlement {} moves no money", settlement.id)));
    }
    work::in_time(world, deadline)?;
    let (now, ledger) = (world.clock().now(), world.ledger());
    let step = step(settlement);
    ledger.intent(&job.lease, &step, now, LEASE).await.map_err(work::unavailable)?;
    let record = entry(document, settlement, &lines, currency_id).record(currency)?;
    let id = born(odoo, &format!("settlement {}", settlement.id), record).await?;
    let booked = look(odoo, settlement, id, &lines).await?;
    ledger.record(&job.lease, &step, id).await.map_err(work::unavailable)?;
    raise(world, document, settlement, &lines, &found).await?;
    work::in_time(world, deadline)?;
    if let Some(fault) = odoo.post_moves(&[id]).await?.remove(&id) {
        return Err(fault);
    }
    let mine = match booked.iter().all(|line| line.posted) {
        true => booked,
        false => odoo.move_lines(&[id]).await?,
    };
    let set_off = SetOff { world, odoo, document, settlement, deadline };
    set_off.all(id, &lines, &mine, &found).await?;
    Ok(id)
}

/// A refund whose credit note is not there yet waits as long as refunds take (R188 to R192); what is not
/// matched afterwards is booked as unmatched and asks a person.
fn hold(
    document: &AccountDocument,
    settlement: &Settlement,
    found: &[Found],
    now: Timestamp,
) -> Result<(), Fault> {
    let lag = refund_lag(&document.account.processor, Method::Other);
    let paid_at = settlement
        .paid_on
        .to_zoned(TimeZone::UTC)
        .map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp());
    if lag.overdue(paid_at, now) {
        return Ok(());
    }
    for (entry, found) in settlement.entries.iter().zip(found) {
        if let (EntryKind::Refund, Found::Nothing(why)) = (entry.kind, found)
            && !entry.gross.is_zero()
        {
            return Err(Fault::Wait {
                key: WaitKey::other(format!("refund:{}", entry.id)),
                cause: format!("settlement {}: {why}", settlement.id),
            });
        }
    }
    Ok(())
}

fn entry(
    document: &AccountDocument,
    settlement: &Settlement,
    lines: &[PlannedLine],
    currency_id: i64,
) -> EntryDraft {
    let id = ExternalId::new(&document.id, "settlement", settlement.id.as_str());
    let lines = lines.iter().map(|line| EntryLine {
        id: id.line(&line.key),
        account: line.account.unwrap_or(document.account.books.unmatched),
        name: line.name.clone(),
        partner: line.partner,
        balance: line.balance,
        amount: line.balance,
        currency_id,
        tax: EntryTax::None,
    });
    EntryDraft {
        journal: document.account.books.journal,
        company: document.account.company,
        date: settlement.paid_on,
        reference: settlement.id.to_string(),
        lines: lines.collect(),
        id,
    }
}

/// Makes one journal entry by its external id, and gives its id.
pub(crate) async fn born<H: Http>(
    odoo: Odoo<'_, H>,
    what: &str,
    record: Record,
) -> Result<i64, Fault> {
    let made = odoo.load_new("account.move", std::slice::from_ref(&record)).await?;
    match made.into_iter().next() {
        Some(Ok(id)) => Ok(id),
        Some(Err(culprit)) => Err(match &culprit.class {
            CulpritClass::MissingReference { .. }
            | CulpritClass::BadValue { .. }
            | CulpritClass::Constraint
            | CulpritClass::Other => Fault::reject(
                format!("{what}: {}", culprit.text),
                "correct what Odoo names (journal and accounts stand in the account's books), then \
                 replay it",
            ),
        }),
        None => Err(Fault::retry(format!("{what}: Odoo gave no id"))),
    }
}

/// Reads the entry and compares: Odoo balances an entry without a word (A11), and one of this settlement
/// may be there from an earlier import.
async fn look<H: Http>(
    odoo: Odoo<'_, H>,
    settlement: &Settlement,
    id: i64,
    lines: &[PlannedLine],
) -> Result<Vec<MoveLine>, Fault> {
    let booked = odoo.move_lines(&[id]).await?;
    same_amounts(&format!("settlement {}", settlement.id), id, &booked, {
        lines.iter().map(|line| line.balance.minor()).collect()
    })?;
    Ok(booked)
}

/// A fault if the entry's lines are not exactly these amounts.
pub(crate) fn same_amounts(
    what: &str,
    id: i64,
    booked: &[MoveLine],
    mut wanted: Vec<i64>,
) -> Result<(), Fault> {
    let mut has: Vec<i64> = booked.iter().map(|line| line.balance.minor()).collect();
    has.sort_unstable();
    wanted.sort_unstable();
    if has == wanted {
        return Ok(());
    }
    let debit = |of: &[i64]| of.iter().filter(|minor| **minor > 0).sum::<i64>();
    Err(Fault::reject(
        format!(
            "{what}: journal entry {id} has {} lines with {} minor units of debit, it should have {} \
             with {}",
            has.len(),
            debit(&has),
            wanted.len(),
            debit(&wanted)
        ),
        "compare both by hand; a corrected report needs the old entry deleted or reversed first",
    ))
}

/// Asks a person about every line that belongs to nothing.
async fn raise<W: World>(
    world: &W,
    document: &AccountDocument,
    settlement: &Settlement,
    lines: &[PlannedLine],
    found: &[Found],
) -> Result<(), Fault> {
    let now = world.clock().now();
    let unmatched = lines.iter().filter(|line| line.purpose == super::plan::Purpose::Unmatched);
    for line in unmatched {
        let Some((at, entry)) = line.entry.and_then(|at| Some((at, settlement.entries.get(at)?)))
        else {
            continue;
        };
        let why = match found.get(at) {
            Some(Found::Nothing(why)) => why.clone(),
            Some(Found::Unknown | Found::Documents { .. } | Found::WithCharge { .. }) | None => {
                format!("{} is of no kind that is booked by itself", documents::told(entry))
            }
        };
        let place = entry.line.map_or(String::new(), |line| format!(", line {line}"));
        let subject = format!("settlement/{}#{}", settlement.id, entry.id);
        let item = AttentionItem {
            key: RowKey { store: document.id.clone(), subject },
            raised_at: now,
            number: references(entry).next().cloned(),
            reason: format!(
                "settlement {}{place}: {} of {} is on the account of unmatched lines: {why}",
                settlement.id,
                word(entry.kind),
                entry.gross
            ),
            fix: "book it from there to where it belongs, then settle the item".to_owned(),
            payload: serde_json::to_string(entry).ok(),
            expires_at: now + ATTENTION_LIFE,
        };
        world.ledger().raise(&item).await.map_err(work::unavailable)?;
    }
    Ok(())
}
