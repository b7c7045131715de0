//! The algorithm around `load`: a 200 is not success (facts A15).

use super::judge::{Verdict, judge, messages};
use super::matrix::{Columns, Matrix, columns, matrix};
use super::{Culprit, CulpritClass, Record};
use crate::client::Odoo;
use crate::fault::Cause;
use crate::transport::{
    Args, MOVE_LOAD, ORDER_LOAD, Operation, PARTNER_LOAD, PAYMENT_LOAD, PICKING_LOAD,
};
use causeway_domain::Fault;
use causeway_domain::ports::Http;
use serde_json::{Value, json};

/// Records that are loaded together, and whether they were already replayed after a lost race.
struct Group {
    members: Vec<usize>,
    replayed: bool,
}

/// The answer to one call.
enum Answer {
    Ids(Vec<i64>),
    Refused(Value),
}

/// What the context makes of a `load`.
#[derive(Clone, Copy)]
enum Mode {
    /// Inserts if absent, else changes nothing, in any state of the document; both flags are needed
    /// from the first call on.
    CreateOnly,
    /// Writes the columns given.
    Overwrite,
}

/// Columns that may be overwritten, by model.
const NARROW: &[(&str, &[&[&str]])] = &[("sale.order", crate::order_writes::NARROW)];

impl<H: Http> Odoo<'_, H> {
    /// `<model>.load(fields, data)` in create-only mode: each record is made unless its external id
    /// exists, and its database id comes back in either case. Replaying is always safe, also beside
    /// another caller and after a lost answer, so an unknown outcome is replayed once at once.
    ///
    /// Records that Odoo does not take come back as [`Culprit`]; the others are loaded without
    /// them. Two calls do for any number of named culprits; where nobody is named, the batch is
    /// halved until somebody is. A lost race with another transaction is replayed once, then `Retry`.
    ///
    /// Models: `sale.order`, `res.partner`, `account.move`, `account.payment`, `stock.picking`. All
    /// records must have the same columns. Documents of the last three are born as drafts.
    pub async fn load_new(
        &self,
        model: &'static str,
        records: &[Record],
    ) -> Result<Vec<Result<i64, Culprit>>, Fault> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let operation = operation(model)?;
        let columns = columns(model, records)?;
        let mut outcome: Vec<Option<Result<i64, Culprit>>> = vec![None; records.len()];
        let mut settle = |at: usize, result: Result<i64, Culprit>| {
            if let Some(place) = outcome.get_mut(at) {
                *place = Some(result);
            }
        };
        let mut resends = 1u8;
        let mut groups = vec![Group { members: (0..records.len()).collect(), replayed: false }];
        while let Some(group) = groups.pop() {
            let members: Vec<&Record> =
                group.members.iter().filter_map(|at| records.get(*at)).collect();
            let (answer, starts) =
                self.load_group(operation, &columns, &members, &mut resends).await?;
            let refused = match answer {
                Answer::Ids(ids) if ids.len() == members.len() => {
                    group.members.iter().zip(ids).for_each(|(at, id)| settle(*at, Ok(id)));
                    continue;
                }
                // Odoo left some out without an error: nobody knows which.
                Answer::Ids(_) => Value::Null,
                Answer::Refused(answer) => answer,
            };
            let verdict = judge(messages(&refused, &starts), &members);
            for (local, culprit) in next(&mut groups, group, verdict, &self.connection.name, model)?
            {
                settle(local, Err(culprit));
            }
        }
        outcome
            .into_iter()
            .map(|result| result.ok_or_else(|| self.unexpected(operation, "records left over")))
            .collect()
    }

    /// The plain `load` of a narrow list of columns over existing records, such as the dates of a whole
    /// batch. It overwrites whatever the state, so only listed columns are let through. A row whose
    /// first cell is blank is one more line of the record above it; one id comes back per record.
    pub async fn load_fields(
        &self,
        model: &'static str,
        columns: &[&'static str],
        rows: Vec<Vec<super::Cell>>,
    ) -> Result<Vec<i64>, Fault> {
        let operation = operation(model)?;
        narrow(model, columns)?;
        let sent = rows.iter().map(|row| row.iter().map(super::Cell::sent).collect()).collect();
        let head = |row: &&Vec<super::Cell>| row.first() != Some(&super::Cell::Blank);
        let starts: Vec<usize> =
            rows.iter().enumerate().filter(|(_, row)| head(row)).map(|(at, _)| at).collect();
        let records = starts.len();
        let matrix = Matrix { columns: columns.to_vec(), rows: sent, starts };
        match self.load_once(operation, &matrix, Mode::Overwrite).await? {
            Answer::Ids(ids) if ids.len() == records => Ok(ids),
            Answer::Ids(_) => Err(self.unexpected(operation, "not one id for each record")),
            Answer::Refused(answer) => {
                let found = messages(&answer, &matrix.starts);
                Err(match judge(found, &[]) {
                    Verdict::Race | Verdict::Perhaps { .. } => race(&self.connection.name, model),
                    Verdict::Forbidden => forbidden(&self.connection.name, model),
                    Verdict::Named { .. } | Verdict::Unnamed => Fault::reject(
                        format!(
                            "odoo {}: {model} takes no new {}",
                            self.connection.name,
                            columns.join(", ")
                        ),
                        "look whether the records still exist in Odoo",
                    ),
                })
            }
        }
    }

    /// Loads a group, once more if no answer came.
    async fn load_group(
        &self,
        operation: Operation,
        columns: &Columns,
        members: &[&Record],
        resends: &mut u8,
    ) -> Result<(Answer, Vec<usize>), Fault> {
        let matrix = matrix(columns, members);
        let mut answer = self.load_once(operation, &matrix, Mode::CreateOnly).await;
        if matches!(answer, Err(Fault::Ambiguous { .. })) && *resends > 0 {
            *resends -= 1;
            answer = self.load_once(operation, &matrix, Mode::CreateOnly).await;
        }
        Ok((answer?, matrix.starts))
    }

    async fn load_once(
        &self,
        operation: Operation,
        matrix: &Matrix,
        mode: Mode,
    ) -> Result<Answer, Fault> {
        // Without tz, datetimes are read in the user's time zone (A15).
        let mut args = Args::default()
            .with("fields", json!(matrix.columns))
            .with("data", json!(matrix.rows))
            .context("tz", json!("UTC"));
        if operation.model == "sale.order" {
            args = args.of_birth(self.connection);
        }
        args = match mode {
            Mode::CreateOnly => {
                args.context("mode", json!("update")).context("noupdate", json!(true))
            }
            Mode::Overwrite => args,
        };
        let answer = match (self.call(operation, args).await, mode) {
            (Ok(answer), _) => answer,
            // A rule that is only checked when the transaction ends names nobody.
            (Err(refused), Mode::CreateOnly)
                if matches!(refused.cause, Cause::Rule | Cause::Missing) =>
            {
                return Ok(Answer::Refused(Value::Null));
            }
            (Err(refused), Mode::CreateOnly | Mode::Overwrite) => return Err(refused.fault),
        };
        match answer.get("ids") {
            Some(Value::Bool(false)) => Ok(Answer::Refused(answer)),
            Some(Value::Array(ids)) => ids
                .iter()
                .map(|id| {
                    id.as_i64().ok_or_else(|| self.unexpected(operation, "an id is no number"))
                })
                .collect::<Result<Vec<i64>, Fault>>()
                .map(Answer::Ids),
            _ => Err(self.unexpected(operation, "no ids in it")),
        }
    }
}

/// Plans the next calls after a refused one; gives the culprits by their place among all records.
fn next(
    groups: &mut Vec<Group>,
    group: Group,
    verdict: Verdict,
    odoo: &str,
    model: &str,
) -> Result<Vec<(usize, Culprit)>, Fault> {
    let Group { members, replayed } = group;
    let again = |members: Vec<usize>, replayed: bool, groups: &mut Vec<Group>| {
        if !members.is_empty() {
            groups.push(Group { members, replayed });
        }
    };
    match verdict {
        Verdict::Forbidden => Err(forbidden(odoo, model)),
        Verdict::Race | Verdict::Named { race: true, .. } if replayed => Err(race(odoo, model)),
        Verdict::Race => {
            again(members, true, groups);
            Ok(Vec::new())
        }
        Verdict::Perhaps { .. } if !replayed => {
            again(members, true, groups);
            Ok(Vec::new())
        }
        Verdict::Perhaps { culprits } => Ok(blame(members, culprits, replayed, groups)),
        Verdict::Named { culprits, race } => Ok(blame(members, culprits, replayed || race, groups)),
        Verdict::Unnamed => match members.as_slice() {
            [] => Ok(Vec::new()),
            [only] => Ok(vec![(*only, nameless())]),
            [..] => {
                let mut first = members;
                let second = first.split_off(first.len() / 2);
                again(second, replayed, groups);
                again(first, replayed, groups);
                Ok(Vec::new())
            }
        },
    }
}

fn blame(
    members: Vec<usize>,
    mut culprits: std::collections::BTreeMap<usize, Culprit>,
    replayed: bool,
    groups: &mut Vec<Group>,
) -> Vec<(usize, Culprit)> {
    let mut blamed = Vec::new();
    let mut rest = Vec::new();
    for (local, at) in members.into_iter().enumerate() {
        match culprits.remove(&local) {
            Some(culprit) => blamed.push((at, culprit)),
            None => rest.push(at),
        }
    }
    if !rest.is_empty() {
        groups.push(Group { members: rest, replayed });
    }
    blamed
}

fn nameless() -> Culprit {
    let text = "Odoo refuses it without any reason; enter it by hand to see one".to_owned();
    Culprit { class: CulpritClass::Other, text }
}

fn race(odoo: &str, model: &str) -> Fault {
    Fault::retry(format!("odoo {odoo} {model}/load: lost a race with another transaction, twice"))
}

fn forbidden(odoo: &str, model: &str) -> Fault {
    Fault::reject(
        format!("odoo {odoo}: the integration user may not create {model} in this company"),
        "give it the groups and companies that its setup page lists",
    )
}

/// The loads that we know; a model without one is a mistake of ours.
fn operation(model: &str) -> Result<Operation, Fault> {
    let known = [ORDER_LOAD, PARTNER_LOAD, MOVE_LOAD, PAYMENT_LOAD, PICKING_LOAD];
    known.into_iter().find(|operation| operation.model == model).ok_or_else(|| {
        Fault::reject(
            format!("no load is known for {model}"),
            "this is a mistake in Causeway; report it",
        )
    })
}

/// Refuses every list of columns that is not listed for overwriting.
fn narrow(model: &str, columns: &[&str]) -> Result<(), Fault> {
    let listed = NARROW.iter().any(|(of, lists)| *of == model && lists.contains(&columns));
    if listed {
        return Ok(());
    }
    Err(Fault::reject(
        format!("{model} may not be overwritten by columns {}", columns.join(", ")),
        "this is a mistake in Causeway; report it",
    ))
}
