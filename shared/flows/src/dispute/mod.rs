//! Chargebacks: what a processor takes back because of a dispute, and gives back when it is won.
//!
//! Every movement of money becomes one journal entry against the processor's clearing account, which the
//! settlement's line clears later or has cleared before. By the account's policy a withdrawal is also a
//! credit note, or the loss is a bad debt. Place of the movement and dispute are the key of everything,
//! and each event implies the movements before it, so that events may come in any order, any number of
//! times. What a refund has credited already is not credited again. Goods that have not left while the money
//! is gone are asked about.

mod book;
mod credit;
mod goods;

use crate::World;
use crate::account;
use crate::work::{self, End, Job};
use book::Case;
use causeway_domain::{Fault, Subject, Timestamp, WaitKey, digest::digest};
use causeway_odoo::Odoo;
use std::time::Duration;

/// When goods that have not left are looked for again.
const NEXT_LOOK: Duration = Duration::from_secs(24 * 3600);

/// Brings one dispute to Odoo.
pub(crate) async fn one<W: World>(
    world: &W,
    job: &mut Job,
    deadline: Timestamp,
) -> Result<End, Fault> {
    let Subject::Dispute(id) = job.nudge.subject.clone() else {
        return Err(Fault::reject(
            format!("{} is no dispute", job.nudge.subject),
            "a message is on the wrong queue; report it",
        ));
    };
    let document = account::document(world, &job.nudge.store).await?;
    let dispute = account::dispute(world, &document, &id).await?.ok_or_else(|| {
        Fault::skip(format!("{} has no dispute {id}", document.account.processor))
    })?;
    job.number = dispute.order_reference.clone().or_else(|| Some(dispute.payment.clone()));
    job.payload = serde_json::to_string(&dispute).ok();
    if dispute.movements.is_empty() {
        return Err(Fault::skip(format!("dispute {}: no money has moved", dispute.id)));
    }
    let books = serde_json::to_vec(&document.account.books).unwrap_or_default();
    let said = serde_json::to_vec(&dispute).unwrap_or_default();
    let digest = digest([said.as_slice(), books.as_slice()]);
    if job.is_unchanged(&digest) {
        let note = Some("unchanged".to_owned());
        return Ok(End::Done { odoo_id: None, digest, note });
    }
    let (connection, session) =
        work::session(world, &document.odoo, &document.account.odoo, document.account.company)
            .await?;
    let odoo = Odoo { http: world.http(), connection: &connection, session: &session };
    let (currency_id, currency) = odoo.company_currency().await?;
    let case = Case {
        world,
        odoo,
        document: &document,
        books: &document.account.books,
        job,
        dispute: &dispute,
        currency_id,
        currency,
        deadline,
    };
    let booked = case.book_all().await;
    let open = match &booked {
        Ok(_) | Err(Fault::Wait { .. } | Fault::Reject { .. }) => case.goods().await?,
        Err(Fault::Retry { .. } | Fault::Ambiguous { .. } | Fault::Skip { .. }) => Vec::new(),
    };
    let last = booked?;
    if !open.is_empty() {
        return Ok(End::Later {
            after: NEXT_LOOK,
            key: WaitKey::other(format!("goods:{}", dispute.payment)),
            cause: format!("booked; still to be sent: {}", open.join(", ")),
        });
    }
    let note = Some(format!("{} movements", dispute.movements.len()));
    Ok(End::Done { odoo_id: last, digest, note })
}
