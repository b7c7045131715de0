//! Who a delivery comes from: a platform to a store, or a payment processor to one of our accounts. The
//! registries decide, platforms first, so that neither kind has a list here.

use super::document;
use crate::World;
use crate::config::AccountDocument;
use causeway_domain::ports::Settings as _;
use causeway_domain::{Fault, Nudge, Secret, StoreId, Timestamp};
use causeway_platforms::adapter::Malformed;
use causeway_platforms::{Adapter, Connection, RawRequest, Trust, Verification, Verified, adapter};
use causeway_processors::{AccountConnection, Processor, processor};
use std::collections::BTreeMap;

/// The other side of a webhook URL, with what its signatures need.
pub(super) struct Endpoint {
    /// The store or account.
    pub(super) id: StoreId,
    /// Name of the secret that signs.
    pub(super) secret: String,
    side: Side,
}

enum Side {
    Store(&'static dyn Adapter, Connection),
    Account(&'static dyn Processor, AccountConnection),
}

/// What the URL `/webhooks/{kind}/{id}` leads to; `None` if it leads nowhere.
pub(super) async fn endpoint<W: World>(
    world: &W,
    kind: &str,
    id: StoreId,
) -> Result<Option<Endpoint>, Fault> {
    if let Some(adapter) = adapter(kind) {
        let document = document(world, &id).await?;
        let document = document.filter(|one| one.store.platform.as_str() == adapter.id());
        return Ok(document.map(|document| Endpoint {
            side: Side::Store(adapter, document.store.connection(&id)),
            secret: document.store.webhook_secret.clone(),
            id,
        }));
    }
    let Some(processor) = processor(kind) else { return Ok(None) };
    let Some(document) = account(world, &id).await? else { return Ok(None) };
    let account = document.account;
    let connection =
        account.connection(&id).filter(|_| account.processor.as_str() == processor.id());
    Ok(connection.zip(account.webhook_secret).map(|(connection, secret)| Endpoint {
        side: Side::Account(processor, connection),
        secret,
        id,
    }))
}

/// An account's configuration; `None` if there is no such account.
pub(crate) async fn account<W: World>(
    world: &W,
    id: &StoreId,
) -> Result<Option<AccountDocument>, Fault> {
    match world.settings().store(id).await? {
        Some(json) => AccountDocument::of_account(&json),
        None => Ok(None),
    }
}

impl Endpoint {
    pub(super) fn verify(
        &self,
        request: RawRequest,
        secrets: &[Secret],
        keys: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Verification {
        match &self.side {
            Side::Store(adapter, connection) => {
                adapter.verify(request, &Trust { connection, secrets, keys, now })
            }
            Side::Account(processor, connection) => {
                processor.verify(request, &Trust { connection, secrets, keys, now })
            }
        }
    }

    pub(super) fn nudges(&self, delivery: &Verified<RawRequest>) -> Result<Vec<Nudge>, Malformed> {
        match &self.side {
            Side::Store(adapter, _) => adapter.nudges(&self.id, delivery),
            Side::Account(processor, _) => processor.events(&self.id, delivery),
        }
    }

    pub(super) fn acknowledgement(&self) -> Option<&'static str> {
        match &self.side {
            Side::Store(adapter, connection) => adapter.acknowledgement(connection),
            Side::Account(processor, _) => processor.acknowledgement(),
        }
    }
}
