//! After the order: cancellations, refunds, returns and payments, exact and only once.

mod cancel;
