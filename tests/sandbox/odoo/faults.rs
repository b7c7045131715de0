//! Misbehaviour on demand: what a real server, its proxy and the network do on bad days.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The caller gets nothing; the effect commits later, on [`super::FakeOdoo::commit_late`] or
    /// after `after` further requests.
    CommitLate,
    /// The connection closes, nothing happened.
    DropBefore,
    /// The connection closes, the effect is committed.
    DropAfter,
    /// The worker dies in the middle: rolled back (ids are spent), the connection closes.
    FallOver,
    /// 429 with `Retry-After`, from a proxy.
    TooManyRequests,
    /// 502 HTML, from a proxy.
    BadGateway,
    /// 503 HTML, from a proxy.
    Unavailable,
    /// 404 HTML: PostgreSQL is down, or no database is selected.
    DatabaseDown,
    /// 500 `psycopg2.errors.SerializationFailure`, rolled back.
    SerializationFailure,
    /// `load` answers 200 with `ids: false`, "could not serialize access"; other methods answer as
    /// for [`Fault::SerializationFailure`].
    LostRace,
}

/// When a fault strikes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// What goes wrong.
    pub fault: Fault,
    /// Only calls on this model.
    #[serde(default)]
    pub model: Option<String>,
    /// Only calls of this method.
    #[serde(default)]
    pub method: Option<String>,
    /// Matching calls to let through first.
    #[serde(default)]
    pub skip: u32,
    /// How often it strikes; `None`: until cleared.
    #[serde(default)]
    pub times: Option<u32>,
    /// Seconds of `Retry-After` for 429; requests after which a late effect commits by itself.
    #[serde(default)]
    pub after: Option<u32>,
}

impl Rule {
    /// Strikes the next matching call once.
    pub fn once(fault: Fault, model: &str, method: &str) -> Self {
        Self::times(fault, model, method, 1)
    }
    /// Strikes the next `times` matching calls.
    pub fn times(fault: Fault, model: &str, method: &str, times: u32) -> Self {
        Self {
            fault,
            model: Some(model.to_owned()),
            method: Some(method.to_owned()),
            skip: 0,
            times: Some(times),
            after: None,
        }
    }
    /// Strikes every call until cleared.
    pub fn always(fault: Fault) -> Self {
        Self { fault, model: None, method: None, skip: 0, times: None, after: None }
    }
}

/// Permanent changes of behaviour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Switches {
    /// Answer as slowly as a real server (the latency table).
    pub latency: bool,
    /// Ignore `extra_tax_data` without a word.
    pub ignore_pins: bool,
    /// PostgreSQL is down.
    pub database_down: bool,
    /// An automation (`base.automation` on the state of `sale.order`) gives every order this
    /// `account.fiscal.position` while it is confirmed.
    pub position_on_confirm: Option<i64>,
}

/// The faults that are set.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    rules: Vec<Rule>,
    /// Switches.
    pub switches: Switches,
}

impl Faults {
    /// Adds a rule.
    pub fn add(&mut self, rule: Rule) {
        self.rules.push(rule);
    }
    /// Forgets rules and switches.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
    /// The rule that strikes this call, used up by one.
    pub fn strike(&mut self, model: &str, method: &str) -> Option<Rule> {
        for rule in &mut self.rules {
            let fits = rule.model.as_deref().is_none_or(|m| m == model)
                && rule.method.as_deref().is_none_or(|m| m == method)
                && rule.times != Some(0);
            if !fits {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            if let Some(times) = &mut rule.times {
                *times -= 1;
            }
            return Some(rule.clone());
        }
        None
    }
    /// Applies `{"clear": true, "rules": [...], "switches": {...}}`.
    pub fn apply(&mut self, body: &Value) -> Result<(), serde_json::Error> {
        if body["clear"] == Value::Bool(true) {
            self.clear();
        }
        if let Some(rules) = body.get("rules") {
            self.rules.extend(serde_json::from_value::<Vec<Rule>>(rules.clone())?);
        }
        if let Some(switches) = body.get("switches") {
            self.switches = serde_json::from_value(switches.clone())?;
        }
        Ok(())
    }
    /// The rules, for inspection.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}
