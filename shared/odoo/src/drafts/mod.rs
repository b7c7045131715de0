//! Documents to be born by [`crate::Odoo::load_new`], as types: each becomes a [`crate::Record`] with the
//! columns that were proven on a running Odoo (facts A15). Pure.

mod entry;
mod invoice;
mod payment;
mod picking;

pub use entry::{EntryDraft, EntryLine, EntryTax};
pub use invoice::{InvoiceDraft, InvoiceLineDraft};
pub use payment::PaymentDraft;
pub use picking::{MoveDraft, PickingDraft};
