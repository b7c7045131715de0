//! The whole bundle in one process: real flows, fake systems, virtual time, and a [`Gate`] through
//! which every call to a port passes, so that a test can list the calls and kill at each of them.

mod clock;
mod gate;
mod ports;
mod processors;
mod scenario;

pub use gate::Kill;
pub use scenario::{LEASE_OVER, ODOO, Scenario, every_kill};
