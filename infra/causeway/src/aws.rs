//! Connections to AWS, as the AWS tools make them: profile, region and endpoint from the environment.

use crate::report::Failure;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::tls;

/// The configuration that the environment gives.
pub async fn config() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest()).http_client(http_client()).load().await
}

/// The HTTP client of all SDK clients.
pub fn http_client() -> aws_sdk_dynamodb::config::SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build_https()
}

/// A service's refusal, or no answer from it, as a failure of the verb.
pub fn failure<E: ProvideErrorMetadata>(what: &str, error: &SdkError<E>) -> Failure {
    let text = match error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("unknown error");
            format!("{code}: {}", service.err().message().unwrap_or("no message"))
        }
        SdkError::TimeoutError(_) => "no answer in time".to_owned(),
        SdkError::DispatchFailure(failed) => format!(
            "no connection or no credentials ({failed:?}); check AWS_REGION, AWS_PROFILE and AWS_ENDPOINT_URL"
        ),
        SdkError::ConstructionFailure(_) | SdkError::ResponseError(_) | _ => error.to_string(),
    };
    Failure::new(format!("{what}: {text}"))
}
