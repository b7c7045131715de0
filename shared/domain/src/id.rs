//! Newtypes for identifiers. All are text: platform ids exceed 2^53 and some are not numbers at all
//! (contracts: Shopify `gid://shopify/Order/820982911946154508`, Square opaque strings).

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }
            /// The text as the platform gave it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

text_id!(
    /// The operator's name of a store, `[a-z0-9-]{1,40}`; part of every URL, key and external id.
    StoreId
);
text_id!(
    /// A platform's name as it stands in the webhook URL: `shopify`, `woocommerce`, ...
    PlatformId
);
text_id!(
    /// The platform's permanent id of an order (not the number people see).
    OrderId
);
text_id!(
    /// The platform's id of an order line; stable over edits of the order.
    LineId
);
text_id!(
    /// The platform's id of a customer account.
    CustomerId
);
text_id!(
    /// The platform's id of the sold thing at the level that has stock: variant, variation, combination.
    ProductId
);
text_id!(
    /// Stock keeping unit: Odoo's `default_code`.
    Sku
);
text_id!(
    /// An id that the platform gives to one event and repeats over redeliveries.
    EventId
);

text_id!(
    /// The platform's id of a refund.
    RefundId
);
text_id!(
    /// The platform's id of a return.
    ReturnId
);
text_id!(
    /// The processor's id of a dispute; for processors that cannot be asked (Adyen) it holds the
    /// signed facts of the event.
    DisputeId
);
text_id!(
    /// A payout of a processor, or the file that holds it.
    SettlementId
);

impl StoreId {
    /// Checks the form `[a-z0-9-]{1,40}` and wraps it. The text is returned on failure.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fits = (1..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits { Ok(Self(text.to_owned())) } else { Err(text.chars().take(60).collect()) }
    }
}

/// The key of everything that concerns one order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OrderKey {
    /// The store that sold it.
    pub store: StoreId,
    /// The platform's id of the order in that store.
    pub order: OrderId,
}

impl fmt::Display for OrderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.store, self.order)
    }
}
