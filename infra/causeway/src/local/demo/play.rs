//! The play itself: several orders at once, each in its own sequence.

use super::broken::Break;
use super::sandbox::{Delivery, Sandbox};
use super::script::{Act, Draw, Order};
use crate::local::steps::Step;
use crate::report::Failure;
use bytes::Bytes;
use http::Request;
use std::time::Duration;

/// Deliveries that are under way at once.
const AT_ONCE: usize = 8;
/// Platforms try again; five times is what the most patient need here.
const TRIES: u32 = 5;

/// What the deliveries were answered.
#[derive(Default)]
pub struct Played {
    /// Deliveries.
    pub deliveries: u32,
    /// Repeated events of platforms with true event ids, and how many of them were recognised.
    pub repeated: u32,
    pub recognised: u32,
    /// Deliveries that nobody with the secret sent, and how many were refused.
    pub forged: u32,
    pub refused: u32,
    unanswered: Vec<String>,
}

impl Played {
    /// What is wrong with that.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = self.unanswered.clone();
        if self.refused < self.forged {
            problems.push(format!(
                "{} of {} forged deliveries were accepted",
                self.forged - self.refused,
                self.forged
            ));
        }
        if self.recognised < self.repeated {
            problems.push(format!(
                "{} of {} repeated events were not recognised and queued again",
                self.repeated - self.recognised,
                self.repeated
            ));
        }
        problems
    }

    fn add(&mut self, other: Self) {
        self.deliveries += other.deliveries;
        self.repeated += other.repeated;
        self.recognised += other.recognised;
        self.forged += other.forged;
        self.refused += other.refused;
        self.unanswered.extend(other.unanswered);
    }
}

/// Plays one part of the script.
pub async fn play(
    sandbox: &Sandbox,
    chains: &[Vec<Act>],
    seed: u64,
    broken: Option<Break>,
    text: &str,
) -> Result<Played, Failure> {
    let step = Step::begin(text);
    let mut draw = Draw(seed);
    let mut open: Vec<std::vec::IntoIter<Act>> =
        chains.iter().map(|chain| chain.clone().into_iter()).collect();
    let mut played = Played::default();
    while !open.is_empty() {
        // One act of several orders, drawn by lot: sequences of different orders mix.
        let mut acts = Vec::new();
        let mut lots: Vec<usize> = (0..open.len()).collect();
        while acts.len() < AT_ONCE && !lots.is_empty() {
            let chosen = lots.swap_remove(draw.below(lots.len()));
            acts.extend(open.get_mut(chosen).and_then(Iterator::next));
        }
        open.retain(|chain| chain.len() > 0);
        let acts: Vec<Act> = acts.into_iter().map(|act| unprotected(act, broken)).collect();
        let done = acts.iter().map(|act| play_one(sandbox, act));
        for one in futures::future::join_all(done).await {
            played.add(one?);
        }
        step.now(&format!("{} so far", played.deliveries));
    }
    step.done_with(&format!(
        "{}, of them {} repeated and {} forged",
        played.deliveries, played.repeated, played.forged
    ));
    Ok(played)
}

/// Without signatures anybody could have signed it: the forger knows the secret.
fn unprotected(act: Act, broken: Option<Break>) -> Act {
    match (act, broken) {
        (Act::Deliver { order, topic, how: "forged" | "tampered" }, Some(Break::Signature)) => {
            Act::Deliver { order, topic, how: "leaked" }
        }
        (act, _) => act,
    }
}

/// Plays one act.
pub async fn play_one(sandbox: &Sandbox, act: &Act) -> Result<Played, Failure> {
    match act {
        Act::Edit { order, quantity } => {
            sandbox.edit(&order.store, &order.id, *quantity).await?;
            Ok(Played::default())
        }
        Act::Cancel { order } => {
            sandbox.cancel(&order.store, &order.id).await?;
            Ok(Played::default())
        }
        Act::Fees { order } => {
            sandbox.fees(&order.store, &order.id).await?;
            Ok(Played::default())
        }
        Act::Refund { order, what } => {
            sandbox.refund(&order.store, &order.id, what.clone()).await?;
            Ok(Played::default())
        }
        Act::SendBack { order } => {
            let back = sandbox.agree_to_return(&order.store, &order.id).await?;
            let what = serde_json::json!({"lines": [[0, "1", "returned"]], "of_return": back});
            sandbox.refund(&order.store, &order.id, what).await?;
            Ok(Played::default())
        }
        Act::Ship { order } => {
            let origin = sandbox.origin(&order.store, &order.id).await?;
            let sent = sandbox.warehouse("deliveries", Some(&origin)).await?;
            let problem = format!("order {} of {} has nothing to send", order.id, order.store);
            let unanswered = if sent == 0 { vec![problem] } else { Vec::new() };
            Ok(Played { unanswered, ..Played::default() })
        }
        Act::Deliver { order, topic, how } => {
            let asked = if *how == "leaked" { "sent" } else { how };
            let delivery = sandbox.delivery(&order.store, &order.id, topic, asked).await?;
            deliver(sandbox, order, how, &delivery).await
        }
    }
}

async fn deliver(
    sandbox: &Sandbox,
    order: &Order,
    how: &str,
    delivery: &Delivery,
) -> Result<Played, Failure> {
    let mut played = Played { deliveries: 1, ..Played::default() };
    let (status, text) = send(sandbox, delivery).await?;
    match how {
        "forged" | "tampered" | "leaked" => {
            played.forged = 1;
            played.refused = u32::from(status == 401);
        }
        "retried" => {
            // The other platforms have no event ids: their repetitions coalesce on the order's row.
            let identified = matches!(order.platform.as_str(), "shopify" | "square");
            played.repeated = u32::from(identified);
            played.recognised = u32::from(identified && text == "duplicate");
        }
        _ => {}
    }
    let expected = matches!(how, "forged" | "tampered") || (200..300).contains(&status);
    if !expected {
        let text = format!(
            "a delivery of order {} of {} was answered {status} {text}",
            order.id, order.store
        );
        played.unanswered.push(text);
    }
    Ok(played)
}

/// Sends a delivery as a platform does: again, if the answer says so.
pub async fn send(sandbox: &Sandbox, delivery: &Delivery) -> Result<(u16, String), Failure> {
    let mut last = (0, "no answer".to_owned());
    for attempt in 0..TRIES {
        tokio::time::sleep(Duration::from_millis(500) * attempt).await;
        match sandbox.http.send(request(delivery)?, Duration::from_secs(20)).await {
            Ok(answer) => {
                let text = String::from_utf8_lossy(answer.body()).chars().take(120).collect();
                last = (answer.status().as_u16(), text);
                if !(last.0 == 429 || last.0 >= 500) {
                    return Ok(last);
                }
            }
            Err(error) => last.1 = error.to_string(),
        }
    }
    Ok(last)
}

fn request(delivery: &Delivery) -> Result<Request<Bytes>, Failure> {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD
        .decode(&delivery.body)
        .map_err(|error| Failure::new(format!("a delivery's body: {error}")))?;
    let mut request = Request::builder().method(delivery.method.as_str()).uri(&delivery.url);
    for (name, value) in &delivery.headers {
        request = request.header(name, value);
    }
    request.body(Bytes::from(body)).map_err(Failure::new)
}
