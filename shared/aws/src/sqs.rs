//! SQS: sending nudges, and the loop that receives them.

mod batch;
mod consume;
mod plan;
mod send;

pub use consume::{Consumer, deadline, run_sqs};
pub use send::{DeadLetter, SqsQueue};
