//! Selection fields as enums. Apps add values of their own, so none of them is closed.

/// An enum over the values of a selection field, with [`Other`](crate::MoveState::Other) for the rest.
macro_rules! selection {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// A value that an app added.
            Other(String),
        }

        impl $name {
            /// Reads Odoo's value.
            pub(crate) fn parse(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)*
                    other => Self::Other(other.to_owned()),
                }
            }

            /// Odoo's value.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text,
                }
            }
        }
    };
}
pub(crate) use selection;
