//! The database: tables, external ids, an undo journal for transactions, sequences that are not
//! rolled back (as in PostgreSQL).

use super::cell::{Cell, Record, get};
use std::collections::{BTreeMap, HashMap};

/// An external id (`ir.model.data`).
#[derive(Clone, Debug, PartialEq)]
pub struct ExternalId {
    /// Row id in `ir.model.data`.
    pub id: i64,
    /// Model of the record.
    pub model: String,
    /// The record.
    pub record: i64,
    /// Protected from `load` in update mode.
    pub noupdate: bool,
}

#[derive(Clone, Debug, Default)]
struct Table {
    rows: BTreeMap<i64, Record>,
    next: i64,
}

enum Undo {
    Row(String, i64, Option<Record>),
    ExternalId(String, Option<ExternalId>),
}

/// A point of a transaction to return to.
#[derive(Clone, Copy)]
pub struct Mark(usize);

/// The parent's list for a child's many2one: (child model, its field, parent model, its list).
const LISTS: &[(&str, &str, &str, &str)] = &[
    ("sale.order.line", "order_id", "sale.order", "order_line"),
    ("res.partner", "parent_id", "res.partner", "child_ids"),
    ("stock.picking", "sale_id", "sale.order", "picking_ids"),
    ("stock.move", "picking_id", "stock.picking", "move_ids"),
    ("stock.move", "origin_returned_move_id", "stock.move", "returned_move_ids"),
    ("stock.picking", "return_id", "stock.picking", "return_ids"),
    ("account.move.line", "move_id", "account.move", "line_ids"),
    ("account.move", "reversed_entry_id", "account.move", "reversal_move_ids"),
];

/// All tables.
#[derive(Default)]
pub struct Store {
    tables: HashMap<String, Table>,
    external: BTreeMap<String, ExternalId>,
    of_record: HashMap<(String, i64), Vec<String>>,
    next_external: i64,
    journal: Vec<Undo>,
    sequences: HashMap<String, i64>,
    /// Records created and committed, by model.
    pub created: BTreeMap<String, u64>,
}

impl Store {
    /// One record.
    pub fn row(&self, model: &str, id: i64) -> Option<&Record> {
        self.tables.get(model)?.rows.get(&id)
    }
    /// One field of one record, false when there is none.
    pub fn cell(&self, model: &str, id: i64, field: &str) -> Cell {
        self.row(model, id).map_or(Cell::False, |row| get(row, field).clone())
    }
    /// A many2one's id.
    pub fn reference(&self, model: &str, id: i64, field: &str) -> Option<i64> {
        self.cell(model, id, field).id()
    }
    /// All ids of a model, ascending.
    pub fn ids(&self, model: &str) -> Vec<i64> {
        self.tables.get(model).map_or_else(Vec::new, |t| t.rows.keys().copied().collect())
    }
    /// All records of a model.
    pub fn rows(&self, model: &str) -> impl Iterator<Item = (i64, &Record)> {
        self.tables.get(model).into_iter().flat_map(|t| t.rows.iter().map(|(id, row)| (*id, row)))
    }
    /// The next id of a model; not rolled back.
    pub fn next_id(&mut self, model: &str) -> i64 {
        let table = self.tables.entry(model.to_owned()).or_default();
        table.next = table.next.max(1);
        let id = table.next;
        table.next += 1;
        id
    }
    /// The next number of a named sequence; not rolled back.
    pub fn next_number(&mut self, sequence: &str) -> i64 {
        let number = self.sequences.entry(sequence.to_owned()).or_insert(0);
        *number += 1;
        *number
    }
    /// Writes a whole record (or removes it with `None`) and keeps the parents' lists.
    pub fn put(&mut self, model: &str, id: i64, row: Option<Record>) {
        let table = self.tables.entry(model.to_owned()).or_default();
        table.next = table.next.max(id + 1);
        let old = match row.clone() {
            Some(row) => table.rows.insert(id, row),
            None => table.rows.remove(&id),
        };
        for (child, field, parent, list) in LISTS.iter().filter(|l| l.0 == model) {
            debug_assert_eq!(*child, model);
            let before = old.as_ref().and_then(|r| get(r, field).id());
            let after = row.as_ref().and_then(|r| get(r, field).id());
            if before != after {
                self.list(parent, list, before, id, false);
                self.list(parent, list, after, id, true);
            }
        }
        self.journal.push(Undo::Row(model.to_owned(), id, old));
    }
    fn list(&mut self, model: &str, field: &str, parent: Option<i64>, child: i64, add: bool) {
        let Some(parent) = parent else { return };
        let Some(mut row) = self.row(model, parent).cloned() else { return };
        let mut ids = get(&row, field).ids().to_vec();
        ids.retain(|id| *id != child);
        if add {
            ids.push(child);
        }
        row.insert(field.to_owned(), Cell::Refs(ids));
        self.put(model, parent, Some(row));
    }
    /// Changes fields of one record.
    pub fn set<const N: usize>(&mut self, model: &str, id: i64, fields: [(&str, Cell); N]) {
        if let Some(mut row) = self.row(model, id).cloned() {
            for (field, cell) in fields {
                row.insert(field.to_owned(), cell);
            }
            self.put(model, id, Some(row));
        }
    }
    /// An external id by its full name.
    pub fn external(&self, name: &str) -> Option<&ExternalId> {
        self.external.get(name)
    }
    /// All external ids.
    pub fn externals(&self) -> impl Iterator<Item = (&String, &ExternalId)> {
        self.external.iter()
    }
    /// The external ids of a record, oldest first.
    pub fn names_of(&self, model: &str, id: i64) -> Vec<String> {
        self.of_record.get(&(model.to_owned(), id)).cloned().unwrap_or_default()
    }
    /// Creates or points an external id.
    pub fn name(&mut self, name: &str, model: &str, record: i64, noupdate: bool) {
        self.next_external += 1;
        let id = self.external.get(name).map_or(self.next_external, |old| old.id);
        self.put_external(name, Some(ExternalId { id, model: model.to_owned(), record, noupdate }));
    }
    /// Removes the external ids of a deleted record.
    pub fn forget_names(&mut self, model: &str, id: i64) {
        for name in self.names_of(model, id) {
            self.put_external(&name, None);
        }
    }
    fn put_external(&mut self, name: &str, new: Option<ExternalId>) {
        let old = match new.clone() {
            Some(new) => self.external.insert(name.to_owned(), new),
            None => self.external.remove(name),
        };
        if let Some(old) = &old {
            let key = (old.model.clone(), old.record);
            self.of_record.entry(key).or_default().retain(|n| n != name);
        }
        if let Some(new) = new {
            self.of_record.entry((new.model, new.record)).or_default().push(name.to_owned());
        }
        self.journal.push(Undo::ExternalId(name.to_owned(), old));
    }
    /// Remembers this point.
    pub fn mark(&self) -> Mark {
        Mark(self.journal.len())
    }
    /// Undoes everything since.
    pub fn rollback(&mut self, mark: Mark) {
        while self.journal.len() > mark.0 {
            match self.journal.pop().unwrap() {
                Undo::Row(model, id, old) => {
                    let table = self.tables.entry(model).or_default();
                    match old {
                        Some(row) => table.rows.insert(id, row),
                        None => table.rows.remove(&id),
                    };
                }
                Undo::ExternalId(name, old) => {
                    self.put_external(&name, old);
                    self.journal.pop();
                }
            }
        }
    }
    /// Ends the transaction; counts what it created.
    pub fn commit(&mut self) {
        for undo in std::mem::take(&mut self.journal) {
            if let Undo::Row(model, id, None) = undo
                && self.row(&model, id).is_some()
            {
                *self.created.entry(model).or_insert(0) += 1;
            }
        }
    }
}
