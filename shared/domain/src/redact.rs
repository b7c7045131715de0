//! Values that must not reach a log. Their `Debug` never shows them, and they have no `Display`.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Personal data: names, addresses, e-mail, phone. Shown as `[personal]`.
#[derive(Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Personal<T>(T);

impl<T> Personal<T> {
    /// Marks a value as personal.
    pub fn new(value: T) -> Self {
        Self(value)
    }
    /// The value, for a request to a system that must have it. Never for a log or an error text.
    pub fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

impl From<&str> for Personal<String> {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A credential. Shown as `[secret]`; not serialisable, so that it cannot slip into a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Marks a text as a credential.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    /// The credential, for the one request or signature that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
