//! What the demo came to, as a table and one line.

use super::books::{Books, audit};
use super::broken::Break;
use super::check::{Compared, Unusual, compare, sold};
use super::ledger::Ledger;
use super::point_of_sale;
use super::processors::{self, Processors};
use super::sandbox::{Sandbox, Store};
use super::script::{Order, Role, Script};
use super::settled::{Settled, Stores};
use crate::local::stack::Stack;
use crate::local::steps::Step;
use crate::report::{Failure, Show, json, table};
use causeway_domain::Decimal;
use causeway_ledger::State;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What became of one store's orders.
struct Line {
    store: Store,
    compared: Compared,
    books: Books,
    /// Orders by the state of their row.
    states: BTreeMap<String, usize>,
    forged: usize,
}

/// What became of all.
pub struct Verdict {
    lines: Vec<Line>,
    payouts: Vec<Settled>,
    /// How many payouts there should be: one of each account.
    accounts: usize,
    questions: Vec<String>,
    problems: Vec<String>,
}

/// Reads stores, Odoo and the ledger and compares.
pub async fn reach(
    stack: &Stack,
    sandbox: &Sandbox,
    ledger: &Ledger,
    script: &Script,
    mut problems: Vec<String>,
) -> Result<Verdict, Failure> {
    let step = Step::begin("what Odoo holds is compared with what the stores hold");
    let odoo = sandbox.odoo_state().await?;
    let mut lines = Vec::new();
    let processors = Processors::read(sandbox).await?;
    let mut stores = Stores::new();
    for store in &sandbox.stores {
        let state = sandbox.store_state(store).await?;
        problems.extend(violations(store, &state));
        let (mut sold, unusual) = (sold(&state), unusual(script, store));
        processors.charge_back(store, &mut sold);
        let compared = compare(&sold, &unusual, &odoo);
        problems.extend(compared.problems.iter().cloned());
        let books = audit(store, &sold, &due(script, store, &unusual), &odoo);
        problems.extend(books.problems.iter().cloned());
        let forged = script
            .orders
            .iter()
            .filter(|order| order.store == store.store && order.role == Role::Forged);
        let states = states(ledger, script, store).await?;
        let forged = forged.count();
        stores.insert(store.store.clone(), sold);
        lines.push(Line { store: store.clone(), compared, books, states, forged });
    }
    let expected: usize =
        lines.iter().map(|line| line.compared.once + line.compared.duplicates).sum();
    let held = odoo.get("orders").and_then(Value::as_array).map_or(0, Vec::len);
    if held > expected {
        problems.push(format!(
            "Odoo holds {held} sale orders, {expected} of them belong to orders of the stores"
        ));
    }
    for (store, chart) in &sandbox.points_of_sale {
        problems.extend(violations(store, &sandbox.store_state(store).await?));
        let documents = sandbox.documents(store).await?;
        let (compared, books) = point_of_sale::audit(&store.store, chart, &documents, &odoo);
        problems.extend(compared.problems.iter().chain(&books.problems).cloned());
        let states = states(ledger, script, store).await?;
        lines.push(Line { store: store.clone(), compared, books, states, forged: 0 });
    }
    let questions = questions(sandbox, ledger, script, &mut problems).await?;
    let mut awaited = BTreeMap::new();
    for account in &sandbox.accounts {
        let rows = ledger.rows_of(&account.account).await?;
        let lines = rows.iter().filter_map(super::ledger::awaited).sum();
        awaited.insert(account.account.clone(), lines);
    }
    let raised = ledger.attention().await?;
    let payouts = processors.audit(&stores, &odoo, &raised, &awaited, &mut problems);
    step.done_with(stack.sandbox.as_deref().unwrap_or_default());
    let accounts = sandbox.accounts.len();
    Ok(Verdict { lines, payouts, accounts, questions, problems })
}

/// What a store says we asked against its platform's contract.
fn violations(store: &Store, state: &Value) -> Vec<String> {
    let list = state.get("violations").and_then(Value::as_array).cloned().unwrap_or_default();
    list.iter()
        .map(|said| format!("{} was asked against its contract: {said}", store.store))
        .collect()
}

/// The ids of a store's orders that have one of these roles.
fn with(script: &Script, store: &Store, roles: impl Fn(Role) -> bool) -> BTreeSet<String> {
    let own = script.orders.iter().filter(|order| order.store == store.store);
    own.filter(|order| roles(order.role)).map(|order| order.id.clone()).collect()
}

fn unusual(script: &Script, store: &Store) -> Unusual {
    let never = |role| matches!(role, Role::Poisoned | Role::Forged | Role::CancelledFirst);
    Unusual {
        never: with(script, store, never),
        cancelled: with(script, store, |role| role == Role::CancelledLater),
    }
}

fn due(script: &Script, store: &Store, unusual: &Unusual) -> BTreeSet<String> {
    let all = with(script, store, |_| true);
    all.difference(&unusual.never).cloned().collect()
}

async fn states(
    ledger: &Ledger,
    script: &Script,
    store: &Store,
) -> Result<BTreeMap<String, usize>, Failure> {
    let mut states = BTreeMap::new();
    for order in script.nudged().filter(|order| order.store == store.store) {
        // What is handed on to become entries is worked as what comes after the order.
        let row = match matches!(order.role, Role::Counter(_)) {
            true => ledger.row_after(order).await?,
            false => ledger.row(order).await?,
        };
        let state = match row {
            None => "none".to_owned(),
            Some(row) if row.state == State::Done && row.odoo_ids.is_empty() => {
                "ignored".to_owned()
            }
            Some(row) => format!("{:?}", row.state).to_lowercase(),
        };
        *states.entry(state).or_default() += 1;
    }
    Ok(states)
}

/// Why an order should be asked about, if it should.
fn asks(sandbox: &Sandbox, order: &Order) -> Option<&'static str> {
    let store = sandbox.stores.iter().find(|store| store.store == order.store);
    let invoices = store.is_some_and(|store| store.policy.invoices != "none");
    if order.role == Role::Poisoned {
        return Some("is poisoned");
    }
    (order.role == Role::RefundedAmount && !invoices).then_some("is refunded without an invoice")
}

/// The questions that were raised: exactly those that should be.
async fn questions(
    sandbox: &Sandbox,
    ledger: &Ledger,
    script: &Script,
    problems: &mut Vec<String>,
) -> Result<Vec<String>, Failure> {
    let raised = ledger.attention().await?;
    for order in &script.orders {
        let subjects = [format!("order/{}", order.id), format!("after/{}", order.id)];
        let own = raised.iter().find(|item| {
            item.key.store.as_str() == order.store && subjects.contains(&item.key.subject)
        });
        let of = format!("order {} of {}", order.id, order.store);
        match (asks(sandbox, order), own) {
            (Some(what), None) => problems.push(format!("{of} {what} and nobody was asked")),
            (Some(_), Some(_)) | (None, None) => {}
            (None, Some(item)) => problems.push(format!("{of} asks for a person: {}", item.reason)),
        }
    }
    Ok(raised
        .into_iter()
        .map(|item| {
            let number = item.number.unwrap_or_default();
            format!("{} {number}: {} -> {}", item.key.store, item.reason, item.fix)
        })
        .collect())
}

impl Verdict {
    /// True if nothing is wrong.
    pub fn ok(&self) -> bool {
        self.problems.is_empty()
            && self.lost() == 0
            && self.duplicates() == 0
            && self.cents().is_zero()
            && self.right() == self.refunds()
            && self.balanced() == self.accounts
    }

    fn due(&self) -> usize {
        self.lines.iter().map(|line| line.compared.due).sum()
    }
    fn once(&self) -> usize {
        self.lines.iter().map(|line| line.compared.once).sum()
    }
    fn duplicates(&self) -> usize {
        self.lines.iter().map(|line| line.compared.duplicates).sum()
    }
    fn lost(&self) -> usize {
        self.lines.iter().map(|line| line.compared.lost).sum()
    }
    fn cents(&self) -> Decimal {
        self.lines.iter().map(|line| line.compared.cents + line.books.cents).sum()
    }
    fn refunds(&self) -> usize {
        self.lines.iter().map(|line| line.books.refunds).sum()
    }
    fn right(&self) -> usize {
        self.lines.iter().map(|line| line.books.right).sum()
    }
    fn balanced(&self) -> usize {
        self.payouts.iter().filter(|payout| payout.problems.is_empty()).count()
    }

    /// Prints it.
    pub fn show(&self, show: Show, broken: Option<Break>) -> Result<(), Failure> {
        let figures = format!(
            "orders {}/{}, duplicates {}, lost {}, cents apart {}, refunds {}/{}, payouts balanced {}/{}",
            self.once(),
            self.due(),
            self.duplicates(),
            self.lost(),
            self.cents(),
            self.right(),
            self.refunds(),
            self.balanced(),
            self.accounts,
        );
        match show {
            Show::Json => json(&serde_json::json!({
                "ok": self.ok(), "orders": self.due(), "once": self.once(), "duplicates": self.duplicates(),
                "lost": self.lost(), "cents_apart": self.cents().to_string(), "refunds": self.refunds(),
                "refunds_right": self.right(), "payouts": self.accounts,
                "payouts_balanced": self.balanced(), "questions": self.questions,
                "problems": self.problems,
            })),
            Show::Text => {
                self.print();
                if let Some(broken) = broken {
                    println!("played without this protection: {broken:?}");
                }
                let word = if self.ok() { "ok" } else { "FAILED" };
                println!("demo {word}: {figures}");
                Ok(())
            }
        }
    }

    fn print(&self) {
        let head = [
            "store",
            "must be in Odoo",
            "are, once",
            "doubled",
            "lost",
            "cents apart",
            "refunds right",
            "invoices (or entries), credit notes",
            "ledger says",
            "forged only",
        ];
        let mut lines = table(head);
        for line in &self.lines {
            let states: Vec<String> =
                line.states.iter().map(|(state, count)| format!("{count} {state}")).collect();
            let (compared, books) = (&line.compared, &line.books);
            lines.add_row([
                line.store.store.clone(),
                compared.due.to_string(),
                compared.once.to_string(),
                compared.duplicates.to_string(),
                compared.lost.to_string(),
                (compared.cents + books.cents).to_string(),
                format!("{}/{}", books.right, books.refunds),
                format!("{}, {}", books.invoices, books.credit_notes),
                states.join(", "),
                line.forged.to_string(),
            ]);
        }
        println!("{lines}");
        println!("{}", processors::shown(&self.payouts));
        some("for a person", &self.questions);
        some("wrong", &self.problems);
    }
}

/// As many as a person reads; `--json` has them all.
fn some(what: &str, texts: &[String]) {
    const READABLE: usize = 12;
    for text in texts.iter().take(READABLE) {
        println!("{what}: {text}");
    }
    if texts.len() > READABLE {
        println!("{what}: and {} more (--json lists them)", texts.len() - READABLE);
    }
}
