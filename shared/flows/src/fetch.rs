//! Fetches an order as it is now, and what came after it, driving the platform's adapter.

use crate::World;
use crate::config::StoreDocument;
use causeway_domain::ports::{Call, Clock as _, Effect, Freshness, Http as _, Secrets as _};
use causeway_domain::{AfterSales, Fault, Order, OrderId};
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

/// The order, or `None` if the platform does not have it (any more).
pub(crate) async fn order<W: World>(
    world: &W,
    document: &StoreDocument,
    id: &OrderId,
) -> Result<Option<Order>, Fault> {
    drive(world, document, &format!("order {id}"), |adapter, cx, answers| {
        Ok(match adapter.fetch_order(cx, id, answers)? {
            Fetch::Ask(calls) => Turn::Ask(calls),
            Fetch::Found(order) => Turn::Done(Some(*order)),
            Fetch::Gone => Turn::Done(None),
        })
    })
    .await
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
            Turn::Ask(calls) => {
                let sent = calls.into_iter().map(|call| async move {
                    let name = call.name;
                    let answer = world.http().send(call).await;
                    answer.map_err(|error| error.fault(Effect::Read, name))
                });
                for answer in futures::future::join_all(sent).await {
                    answers.push(answer?);
                }
            }
        }
    }
    Err(Fault::reject(
        format!("{platform} {what}: still incomplete after {MAX_ROUNDS} rounds"),
        "report it with the id",
    ))
}
