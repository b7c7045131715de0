//! Fetches an order as it is now, and what came after it, driving the platform's adapter.

use crate::World;
use crate::config::StoreDocument;
use crate::enqueue::enqueue;
use causeway_domain::ports::{Call, Clock as _, Effect, Freshness, Http as _, Secrets as _};
use causeway_domain::{AfterSales, Fault, Nudge, NudgeCause, Order, OrderId, Subject};
use causeway_platforms::{Adapter, Answer, Fetch, FetchAfterSales, FetchContext, adapter};

/// More rounds than any platform needs; a guard against an adapter that never has enough.
const MAX_ROUNDS: usize = 40;

/// What an adapter says to the answers so far.
pub(crate) enum Turn<T> {
    /// Send these.
    Ask(Vec<Call>),
    /// It has enough.
    Done(T),
}

/// The order, or `None` if the platform does not have it (any more). An order that only takes back
/// nudges those that were sold, and is a [`Fault::Skip`].
pub(crate) async fn order<W: World>(
    world: &W,
    document: &StoreDocument,
    id: &OrderId,
) -> Result<Option<Order>, Fault> {
    let looked = drive(world, document, &format!("order {id}"), |adapter, cx, answers| {
        Ok(match adapter.fetch_order(cx, id, answers)? {
            Fetch::Ask(calls) => Turn::Ask(calls),
            Fetch::Found(order) => Turn::Done(Looked::Found(order)),
            Fetch::Gone => Turn::Done(Looked::Gone),
            Fetch::Elsewhere(sold) => Turn::Done(Looked::Elsewhere(sold)),
        })
    })
    .await?;
    match looked {
        Looked::Found(order) => Ok(Some(*order)),
        Looked::Gone => Ok(None),
        Looked::Elsewhere(sold) => Err(look_there(world, document, id, sold).await),
    }
}

enum Looked {
    Found(Box<Order>),
    Gone,
    Elsewhere(Vec<OrderId>),
}

/// A return order: nudges what happened to the orders that it takes back, and is done itself.
async fn look_there<W: World>(
    world: &W,
    document: &StoreDocument,
    id: &OrderId,
    sold: Vec<OrderId>,
) -> Fault {
    let now = world.clock().now();
    let names: Vec<String> = sold.iter().map(OrderId::to_string).collect();
    let nudge = |sold| {
        let subject = Subject::AfterSales(sold);
        Nudge::new(document.id.clone(), subject, NudgeCause::Worker, now)
    };
    let nudges: Vec<Nudge> = sold.into_iter().map(nudge).collect();
    match enqueue(world, &nudges).await {
        Ok(()) => Fault::skip(format!("{id} takes back of {}, seen there", names.join(", "))),
        Err(fault) => fault,
    }
}

/// What came after an order.
pub(crate) async fn after_sales<W: World>(
    world: &W,
    document: &StoreDocument,
    order: &Order,
) -> Result<AfterSales, Fault> {
    let what = format!("refunds of order {}", order.key.order);
    drive(world, document, &what, |adapter, cx, answers| {
        Ok(match adapter.fetch_after_sales(cx, order, answers)? {
            FetchAfterSales::Ask(calls) => Turn::Ask(calls),
            FetchAfterSales::Found(after) => Turn::Done(*after),
        })
    })
    .await
}

/// Sends what an adapter asks for, all at once; the answers stand in the same order.
pub(crate) async fn sent<W: World>(world: &W, calls: Vec<Call>) -> Result<Vec<Answer>, Fault> {
    let sent = calls.into_iter().map(|call| async move {
        let name = call.name;
        let answer = world.http().send(call).await;
        answer.map_err(|error| error.fault(Effect::Read, name))
    });
    futures::future::join_all(sent).await.into_iter().collect()
}

/// Asks, sends, and asks again with the answers, until the adapter has enough.
pub(crate) async fn drive<W, T, F>(
    world: &W,
    document: &StoreDocument,
    what: &str,
    turn: F,
) -> Result<T, Fault>
where
    W: World,
    F: Fn(&dyn Adapter, &FetchContext<'_>, &[Answer]) -> Result<Turn<T>, Fault>,
{
    let platform = document.store.platform.as_str();
    let adapter = adapter(platform).ok_or_else(|| {
        Fault::reject(
            format!("platform {platform:?} is not built into this version"),
            "deploy a version that has it, or correct the store's configuration",
        )
    })?;
    let credentials =
        world.secrets().get(&document.store.api_credentials, Freshness::Cached).await?;
    let connection = document.store.connection(&document.id);
    let mut answers: Vec<Answer> = Vec::new();
    for _ in 0..MAX_ROUNDS {
        let cx = FetchContext {
            connection: &connection,
            credentials: &credentials.current,
            now: world.clock().now(),
            nonce: world.random(),
        };
        match turn(adapter, &cx, &answers)? {
            Turn::Done(found) => return Ok(found),
            Turn::Ask(calls) => answers.extend(sent(world, calls).await?),
        }
    }
    Err(Fault::reject(
        format!("{platform} {what}: still incomplete after {MAX_ROUNDS} rounds"),
        "report it with the id",
    ))
}
