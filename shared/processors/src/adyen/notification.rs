//! The body of a standard webhook. One parser for verifying and for reading, so that both see the
//! same values; a field that is there twice is an error.

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
pub(super) struct Delivery {
    #[serde(default, rename = "notificationItems")]
    pub(super) items: Option<Vec<Wrapper>>,
    /// Of the other webhooks, which are signed over the whole body.
    #[serde(default, rename = "type")]
    pub(super) kind: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Wrapper {
    #[serde(rename = "NotificationRequestItem")]
    pub(super) item: Item,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Item {
    pub(super) psp_reference: Option<String>,
    pub(super) original_reference: Option<String>,
    pub(super) merchant_account_code: Option<String>,
    pub(super) merchant_reference: Option<String>,
    pub(super) amount: Option<Amount>,
    pub(super) event_code: Option<String>,
    /// `"true"` or `true`.
    pub(super) success: Option<Value>,
    /// Not signed.
    pub(super) event_date: Option<String>,
    pub(super) additional_data: Option<AdditionalData>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Amount {
    /// A number, or text.
    value: Option<Value>,
    currency: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AdditionalData {
    pub(super) hmac_signature: Option<String>,
}

impl Item {
    /// `psp:original:account:reference:value:currency:code:success`, values as they are: nothing is
    /// escaped any more (FACTS 0, 7).
    pub(super) fn signed_text(&self) -> String {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        [
            text(&self.psp_reference),
            text(&self.original_reference),
            text(&self.merchant_account_code),
            text(&self.merchant_reference),
            self.value(),
            self.currency(),
            text(&self.event_code),
            self.success(),
        ]
        .join(":")
    }
    pub(super) fn value(&self) -> String {
        literal(self.amount.as_ref().and_then(|amount| amount.value.as_ref()))
    }
    pub(super) fn currency(&self) -> String {
        self.amount.as_ref().and_then(|amount| amount.currency.clone()).unwrap_or_default()
    }
    pub(super) fn success(&self) -> String {
        literal(self.success.as_ref())
    }
}

/// The text of a scalar as it was sent.
fn literal(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_))) => {
            value.to_string()
        }
    }
}
