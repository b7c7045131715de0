//! PrestaShop.

use crate::adapter::{Adapter, Answer, Connection, Fetch, FetchContext, Malformed, Problem};
use crate::webhook::{RawRequest, Refusal, Trust, Verification, Verified};
use causeway_domain::{Fault, Nudge, OrderId, StoreId};

/// The adapter.
pub struct PrestaShop;

impl Adapter for PrestaShop {
    fn id(&self) -> &'static str {
        "prestashop"
    }
    fn check(&self, _connection: &Connection) -> Vec<Problem> {
        Vec::new()
    }
    fn verify(&self, _request: RawRequest, _trust: &Trust<'_>) -> Verification {
        Verification::Refused(Refusal::Unconfigured)
    }
    fn nudges(&self, _s: &StoreId, _d: &Verified<RawRequest>) -> Result<Vec<Nudge>, Malformed> {
        Ok(Vec::new())
    }
    fn fetch_order(
        &self,
        _cx: &FetchContext<'_>,
        _order: &OrderId,
        _answers: &[Answer],
    ) -> Result<Fetch, Fault> {
        Ok(Fetch::Gone)
    }
    fn order_id_in(&self, _document: &[u8]) -> Option<OrderId> {
        None
    }
}
