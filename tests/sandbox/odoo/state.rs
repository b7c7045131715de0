//! The fake's state behind its lock: database, clock, faults, log; and how a call runs in it.

use super::cell::Cell;
use super::control::Logged;
use super::dispatch::{self, Call};
use super::env::{Env, User, datetime_text};
use super::fail::{Answer, Fail};
use super::faults::{Fault, Faults, Rule, Switches};
use super::load;
use super::seed;
use super::store::Store;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::sync::Arc;

/// The server's time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A call whose caller has gone.
pub struct Late {
    call: Call,
    after: Option<u32>,
}

/// The outcome of a call, before it becomes HTTP.
pub enum Outcome {
    /// Answered.
    Answered(Answer<Value>),
    /// The connection closes.
    Dropped,
    /// A proxy, or a server without database, answers instead.
    Elsewhere(Rule),
}

/// Everything behind the lock.
pub struct State {
    /// Database.
    pub store: Store,
    /// Clock.
    pub clock: Clock,
    /// Faults.
    pub faults: Faults,
    /// Calls in the order of their arrival.
    pub log: Vec<Logged>,
    /// Effects that have not committed yet.
    pub late: Vec<Late>,
}

impl State {
    /// A seeded state.
    pub fn new(clock: Clock) -> Self {
        Self {
            store: seed::store(),
            clock,
            faults: Faults::default(),
            log: Vec::new(),
            late: Vec::new(),
        }
    }
    /// A transaction of an administrator, for looking.
    pub fn env(&mut self) -> Env<'_> {
        let now = (self.clock)();
        let switches = Switches::default();
        Env { store: &mut self.store, user: User::Admin, context: Map::new(), now, switches }
    }
    /// Runs a call with the faults that strike it.
    pub fn call(&mut self, call: Call) -> Outcome {
        self.age_late();
        let rule = self.faults.strike(&call.model, &call.method);
        let (model, method, records) = (call.model.clone(), call.method.clone(), call.records());
        let outcome = match &rule {
            None => Outcome::Answered(self.run(&call)),
            Some(rule) => self.misbehave(rule, call),
        };
        let status = match &outcome {
            Outcome::Answered(Ok(_)) => 200,
            Outcome::Answered(Err(fail)) => fail.status(),
            Outcome::Dropped => 0,
            Outcome::Elsewhere(rule) => elsewhere_status(rule.fault),
        };
        let at = datetime_text((self.clock)());
        self.log.push(Logged { model, method, at, records, status, late: false });
        outcome
    }

    fn misbehave(&mut self, rule: &Rule, call: Call) -> Outcome {
        match rule.fault {
            Fault::CommitLate => {
                self.late.push(Late { call, after: rule.after });
                Outcome::Dropped
            }
            Fault::DropBefore => Outcome::Dropped,
            Fault::DropAfter => {
                let _ = self.run(&call);
                Outcome::Dropped
            }
            Fault::FallOver => {
                let _ = self.execute(&call);
                Outcome::Dropped
            }
            Fault::SerializationFailure => {
                let _ = self.execute(&call);
                Outcome::Answered(Err(Fail::serialization()))
            }
            Fault::LostRace => {
                let _ = self.execute(&call);
                let rows = call.arguments.get("data").and_then(Value::as_array).map_or(1, Vec::len);
                Outcome::Answered(match call.method.as_str() {
                    "load" => Ok(load::lost_race(rows)),
                    _ => Err(Fail::serialization()),
                })
            }
            Fault::TooManyRequests
            | Fault::BadGateway
            | Fault::Unavailable
            | Fault::DatabaseDown => Outcome::Elsewhere(rule.clone()),
        }
    }

    /// Runs and commits, or rolls back on an error.
    fn run(&mut self, call: &Call) -> Answer<Value> {
        let mark = self.store.mark();
        let answer = self.transact(call);
        match &answer {
            Ok(_) if call.model != "ir.model.data" => self.store.commit(),
            _ => self.store.rollback(mark),
        }
        answer
    }

    /// Runs and rolls back: only sequences have moved.
    fn execute(&mut self, call: &Call) -> Answer<Value> {
        let mark = self.store.mark();
        let answer = self.transact(call);
        self.store.rollback(mark);
        answer
    }

    fn transact(&mut self, call: &Call) -> Answer<Value> {
        let now = (self.clock)();
        let switches = self.faults.switches;
        let context = call.context.clone();
        let mut env = Env { store: &mut self.store, user: call.user, context, now, switches };
        dispatch::run(&mut env, call)
    }

    /// Commits the late effects, oldest first; how many.
    pub fn commit_late(&mut self) -> usize {
        let late = std::mem::take(&mut self.late);
        for one in &late {
            self.commit_one(&one.call);
        }
        late.len()
    }

    fn commit_one(&mut self, call: &Call) {
        let answer = self.run(call);
        let status = answer.map_or_else(|fail| fail.status(), |_| 200);
        let at = datetime_text((self.clock)());
        self.log.push(Logged {
            model: call.model.clone(),
            method: call.method.clone(),
            at,
            records: call.records(),
            status,
            late: true,
        });
    }

    fn age_late(&mut self) {
        let mut due = Vec::new();
        let mut waiting = Vec::new();
        for mut one in std::mem::take(&mut self.late) {
            match &mut one.after {
                Some(0 | 1) => due.push(one.call),
                Some(after) => {
                    *after -= 1;
                    waiting.push(one);
                }
                None => waiting.push(one),
            }
        }
        self.late = waiting;
        for call in &due {
            self.commit_one(call);
        }
    }

    /// The user of a key of JSON-2.
    pub fn user(key: &str) -> Option<User> {
        match key {
            seed::Seed::INBOUND_KEY => Some(User::Inbound),
            seed::Seed::ADMIN_KEY => Some(User::Admin),
            _ => None,
        }
    }
    /// The user of a login.
    pub fn login(&self, login: &str) -> Option<User> {
        [User::Inbound, User::Admin]
            .into_iter()
            .find(|user| self.store.cell("res.users", user.id(), "login") == Cell::text(login))
    }
}

/// The status that a proxy or a server without database answers.
pub fn elsewhere_status(fault: Fault) -> u16 {
    match fault {
        Fault::TooManyRequests => 429,
        Fault::BadGateway => 502,
        Fault::Unavailable => 503,
        Fault::DatabaseDown => 404,
        Fault::CommitLate
        | Fault::DropBefore
        | Fault::DropAfter
        | Fault::FallOver
        | Fault::SerializationFailure
        | Fault::LostRace => 0,
    }
}
