//! What Odoo raises, and how each exception looks over JSON-2 and the legacy RPC (FACTS A2).

use serde_json::{Value, json};

/// The Python exceptions that the fake raises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `odoo.exceptions.UserError`.
    User,
    /// `odoo.exceptions.ValidationError`.
    Validation,
    /// `odoo.exceptions.MissingError`.
    Missing,
    /// `odoo.exceptions.AccessError`.
    Access,
    /// A psycopg2 constraint error; the field if one of the model's own columns is at fault.
    Database(Option<String>),
    /// `psycopg2.errors.SerializationFailure`.
    Serialization,
    /// A builtin exception such as `ValueError`.
    Python(&'static str),
    /// `werkzeug.exceptions.NotFound`.
    NotFound,
    /// `werkzeug.exceptions.UnprocessableEntity`.
    Unprocessable,
    /// `werkzeug.exceptions.BadRequest`.
    BadRequest,
    /// `werkzeug.exceptions.Unauthorized`.
    Unauthorized,
    /// The real server has this; the fake does not. Never an answer of Odoo.
    NotBuilt,
}

/// An exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fail {
    /// Which.
    pub kind: Kind,
    /// Its text.
    pub message: String,
}

/// What an operation of the fake gives.
pub type Answer<T> = Result<T, Fail>;

impl Fail {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
    /// `UserError`.
    pub fn user(message: impl Into<String>) -> Self {
        Self::new(Kind::User, message)
    }
    /// `ValidationError`.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(Kind::Validation, message)
    }
    /// `AccessError`.
    pub fn access(message: impl Into<String>) -> Self {
        Self::new(Kind::Access, message)
    }
    /// `MissingError` of one record.
    pub fn missing(model: &str, id: i64, user: i64) -> Self {
        Self::new(
            Kind::Missing,
            format!(
                "Record does not exist or has been deleted.\n(Record: {model}({id},), User: {user})"
            ),
        )
    }
    /// `ValueError`.
    pub fn value(message: impl Into<String>) -> Self {
        Self::new(Kind::Python("ValueError"), message)
    }
    /// `TypeError`.
    pub fn type_error(message: impl Into<String>) -> Self {
        Self::new(Kind::Python("TypeError"), message)
    }
    /// `AttributeError`.
    pub fn attribute(message: impl Into<String>) -> Self {
        Self::new(Kind::Python("AttributeError"), message)
    }
    /// `AssertionError`.
    pub fn assertion(message: impl Into<String>) -> Self {
        Self::new(Kind::Python("AssertionError"), message)
    }
    /// Unknown model or method.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }
    /// Wrong named arguments.
    pub fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(Kind::Unprocessable, message)
    }
    /// Not JSON.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(Kind::BadRequest, message)
    }
    /// No key, or a wrong one.
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(Kind::Unauthorized, message)
    }
    /// A lost race.
    pub fn serialization() -> Self {
        Self::new(Kind::Serialization, "could not serialize access due to concurrent update\n")
    }
    /// A constraint of the database; `field` when it is a column of the model itself.
    pub fn database(message: impl Into<String>, field: Option<&str>) -> Self {
        Self::new(Kind::Database(field.map(str::to_owned)), message)
    }
    /// A mandatory column without value. `model` is its label and technical name, or none for a
    /// child record ("Model: Unknown").
    pub fn required(label: &str, field: &str, model: Option<(&str, &str)>) -> Self {
        let (owner, own) = match model {
            Some((name, technical)) => (format!("'{name}' ({technical})"), Some(field)),
            None => ("Unknown".to_owned(), None),
        };
        Self::database(
            format!(
                "Missing required value for the field '{label}' ({field}).\nModel: {owner}\n- create/update: a \
                 mandatory field is not set\n- delete: another model requires the record being deleted, you can \
                 archive it instead\n"
            ),
            own,
        )
    }
    /// Something the real server does and this fake does not.
    pub fn not_built(what: &str) -> Self {
        Self::new(Kind::NotBuilt, format!("the fake Odoo does not implement {what}"))
    }

    /// True for `UserError` and its subclasses.
    pub fn is_user_error(&self) -> bool {
        matches!(self.kind, Kind::User | Kind::Validation | Kind::Missing | Kind::Access)
    }
    /// The HTTP status of JSON-2.
    pub fn status(&self) -> u16 {
        match self.kind {
            Kind::User | Kind::Validation | Kind::Database(_) | Kind::Unprocessable => 422,
            Kind::Missing | Kind::NotFound => 404,
            Kind::Access => 403,
            Kind::BadRequest => 400,
            Kind::Unauthorized => 401,
            Kind::Serialization | Kind::Python(_) => 500,
            Kind::NotBuilt => 501,
        }
    }
    /// The qualified exception name.
    pub fn name(&self) -> String {
        match self.kind {
            Kind::User => "odoo.exceptions.UserError".to_owned(),
            Kind::Validation | Kind::Database(_) => "odoo.exceptions.ValidationError".to_owned(),
            Kind::Missing => "odoo.exceptions.MissingError".to_owned(),
            Kind::Access => "odoo.exceptions.AccessError".to_owned(),
            Kind::Serialization => "psycopg2.errors.SerializationFailure".to_owned(),
            Kind::Python(name) => format!("builtins.{name}"),
            Kind::NotFound => "werkzeug.exceptions.NotFound".to_owned(),
            Kind::Unprocessable => "werkzeug.exceptions.UnprocessableEntity".to_owned(),
            Kind::BadRequest => "werkzeug.exceptions.BadRequest".to_owned(),
            Kind::Unauthorized => "werkzeug.exceptions.Unauthorized".to_owned(),
            Kind::NotBuilt => "sandbox.NotBuilt".to_owned(),
        }
    }
    /// The text as a call (not `load`) answers it.
    pub fn text(&self) -> String {
        match self.kind {
            Kind::Database(_) => format!("The operation cannot be completed: {}", self.message),
            _ => self.message.clone(),
        }
    }
    /// The JSON error body. `debug` stands for the traceback, which holds paths and personal data.
    pub fn body(&self) -> Value {
        let text = self.text();
        let mut arguments = vec![json!(text)];
        if matches!(
            self.kind,
            Kind::NotFound | Kind::Unprocessable | Kind::BadRequest | Kind::Unauthorized
        ) {
            arguments.push(json!(self.status()));
        }
        let debug = format!(
            "Traceback (most recent call last):\n  File \"/srv/odoo/http.py\", line 1, in dispatch\n{}: {text}\n",
            self.name()
        );
        json!({"name": self.name(), "message": text, "arguments": arguments, "context": {}, "debug": debug})
    }
}
