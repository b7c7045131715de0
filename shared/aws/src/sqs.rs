//! SQS: sending nudges, and the loop that receives them.

mod consume;
mod plan;
mod send;

pub use consume::{Consumer, run_sqs};
pub use send::{DeadLetter, SqsQueue};
