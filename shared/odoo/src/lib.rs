//! Odoo as the use cases see it: typed operations over JSON-2 (19 and later) or legacy JSON-RPC
//! (17, 18), written against [`causeway_domain::ports::Http`]; no sockets, no clock.
//!
//! What every call does on a running Odoo is recorded in the project's Odoo facts (A1 to A15 in the
//! comments below). Three rules hold everywhere:
//! - documents are born by [`Odoo::load_new`] and nothing else, so that replaying is always safe;
//! - every answer that is not the wanted one becomes a [`causeway_domain::Fault`] in [`fault`];
//! - no text of a fault or [`Culprit`] repeats a message, traceback or value of Odoo, because they
//!   can hold customer data; only names and ids of ours and of the schema are taken out.
#![deny(clippy::float_arithmetic)]

mod chart;
mod client;
mod connection;
mod decode;
mod drafts;
mod external_id;
mod extract;
mod fault;
mod fields;
mod invoicing;
mod load;
mod move_lines;
mod moves;
mod named;
mod order_lines;
mod order_writes;
mod orders;
mod partners;
mod payments;
mod pickings;
mod pin;
mod products;
mod sale_state;
mod selection;
mod session;
mod transport;
mod warehouse;

pub use chart::{AccountRecord, JournalKind, JournalRecord, RepartitionLine, TaxDocument};
pub use client::Odoo;
pub use connection::{Connection, Protocol};
pub use decode::datetime;
pub use drafts::{
    EntryDraft, EntryLine, EntryTax, InvoiceDraft, InvoiceLineDraft, MoveDraft, PaymentDraft,
    PickingDraft,
};
pub use external_id::ExternalId;
pub use fields::FieldMap;
pub use invoicing::InvoiceOutcome;
pub use load::{Cell, Culprit, CulpritClass, Record};
pub use move_lines::{AccountKind, LineDisplay, MoveLine, Reconciled};
pub use moves::{MoveKind, MoveQuery, MoveRecord, MoveState, PaymentState};
pub use named::ExternalIdOf;
pub use order_lines::{LineCommand, LineRecord, LineValues};
pub use order_writes::OrderDate;
pub use orders::{Lead, OrderRecord, OrderState};
pub use partners::{ContactRecord, PartnerRecord};
pub use payments::{AccountPaymentState, Direction, PaymentRecord};
pub use pickings::{PickingCode, PickingRecord, PickingState, StockMove, Validated};
pub use pin::{PinnedLine, PinnedTax, pin, pin_text};
pub use products::ProductRecord;
pub use sale_state::{Cancelled, InvoiceRecord, SaleLine, SaleRecord};
pub use session::{CurrencyRow, Session, TaxRow, Version, connect};
pub use transport::{Operation, operations};
pub use warehouse::{LocationRecord, LocationUsage, PickingTypeRecord};
