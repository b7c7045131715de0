//! AWS Signature Version 4 in headers.

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_types::SdkConfig;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Credentials that expire are fetched again this long before they do.
const BEFORE_EXPIRY: Duration = Duration::from_secs(5 * 60);

/// What a service's signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Every service but S3.
    Usual,
    /// S3: the path as it is, and the digest of the body in a header.
    S3,
}

/// Signs requests to one service.
#[derive(Debug)]
pub struct Signer {
    service: &'static str,
    style: Style,
    region: Option<String>,
    provider: Option<SharedCredentialsProvider>,
    /// What the provider gave last: a profile's may be a call to a service of its own.
    credentials: Mutex<Option<Credentials>>,
}

/// Why a request was not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    /// Nothing names the region.
    #[error("no region: set AWS_REGION")]
    NoRegion,
    /// There are no credentials, or they could not be had.
    #[error("no credentials")]
    NoCredentials,
    /// The URL or a header cannot be signed.
    #[error("cannot be signed")]
    Malformed,
}

impl Signer {
    /// A signer for a service by its signing name (`sqs`), with a configuration's region and credentials.
    pub fn new(config: &SdkConfig, service: &'static str, style: Style) -> Self {
        Self {
            service,
            style,
            region: config.region().map(ToString::to_string),
            provider: config.credentials_provider(),
            credentials: Mutex::default(),
        }
    }

    /// The region that is signed for.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The headers that make a request a signed one, beside those given, which are signed with it.
    pub async fn headers(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
        at: SystemTime,
    ) -> Result<HeaderMap, Unsigned> {
        let region = self.region().ok_or(Unsigned::NoRegion)?;
        let identity = self.credentials(at).await?.into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(self.service)
            .time(at)
            .settings(self.style.settings())
            .build()
            .map_err(|_| Unsigned::Malformed)?;
        let body = SignableBody::Bytes(body);
        let signable = SignableRequest::new(method, url, headers.iter().copied(), body)
            .map_err(|_| Unsigned::Malformed)?;
        let (instructions, _) =
            sign(signable, &params.into()).map_err(|_| Unsigned::Malformed)?.into_parts();
        instructions.headers().map(|(name, value)| header(name, value)).collect()
    }

    async fn credentials(&self, at: SystemTime) -> Result<Credentials, Unsigned> {
        let usable =
            |known: &Credentials| known.expiry().is_none_or(|expiry| expiry > at + BEFORE_EXPIRY);
        let known = self.credentials.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(usable) {
            return Ok(known);
        }
        let provider = self.provider.as_ref().ok_or(Unsigned::NoCredentials)?;
        let fresh = provider.provide_credentials().await.map_err(|_| Unsigned::NoCredentials)?;
        let mut known = self.credentials.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(fresh.clone());
        Ok(fresh)
    }
}

impl Style {
    fn settings(self) -> SigningSettings {
        let mut settings = SigningSettings::default();
        match self {
            Self::Usual => {}
            Self::S3 => {
                settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
                settings.percent_encoding_mode = PercentEncodingMode::Single;
                settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            }
        }
        settings
    }
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Unsigned> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Unsigned::Malformed)?;
    let mut value = HeaderValue::from_str(value).map_err(|_| Unsigned::Malformed)?;
    // A signature and a session's token are in no trace of a request.
    value.set_sensitive(true);
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use aws_types::region::Region;

    fn config(credentials: Credentials) -> SdkConfig {
        SdkConfig::builder()
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build()
    }

    fn example() -> Credentials {
        Credentials::new(
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            None,
            None,
            "test",
        )
    }

    /// The example "GET Object" of the documentation of Signature Version 4 for S3.
    #[tokio::test]
    async fn a_request_to_s3_is_signed_as_the_documentation_shows() {
        let signer = Signer::new(&config(example()), "s3", Style::S3);
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_369_353_600);
        let url = "https://examplebucket.s3.amazonaws.com/test.txt";
        let headers = signer.headers("GET", url, &[("range", "bytes=0-9")], &[], at).await.unwrap();
        let expected = "AWS4-HMAC-SHA256 \
                        Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
                        SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, \
                        Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
        assert_eq!(headers["authorization"], expected);
    }

    /// `post-vanilla` of AWS's test suite for Signature Version 4.
    #[tokio::test]
    async fn a_request_to_another_service_is_signed_as_the_test_suite_shows() {
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            None,
            None,
            "test",
        );
        let signer = Signer::new(&config(credentials), "service", Style::Usual);
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        let url = "https://example.amazonaws.com/";
        let headers = signer.headers("POST", url, &[], &[], at).await.unwrap();
        let expected = "AWS4-HMAC-SHA256 \
                        Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                        SignedHeaders=host;x-amz-date, \
                        Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
        assert_eq!(headers["authorization"], expected);
        assert_eq!(headers["x-amz-date"], "20150830T123600Z");
    }

    /// Gives other credentials each time, good for ten minutes.
    #[derive(Debug, Default)]
    struct Turning(std::sync::atomic::AtomicU64);

    impl aws_credential_types::provider::ProvideCredentials for Turning {
        fn provide_credentials<'a>(
            &'a self,
        ) -> aws_credential_types::provider::future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let turn = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let expiry = SystemTime::UNIX_EPOCH + Duration::from_secs(600 * (turn + 1));
            let key = Credentials::new(format!("key{turn}"), "secret", None, Some(expiry), "test");
            aws_credential_types::provider::future::ProvideCredentials::ready(Ok(key))
        }
    }

    #[tokio::test]
    async fn credentials_are_kept_until_shortly_before_they_expire() {
        let config = SdkConfig::builder()
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(Turning::default()))
            .build();
        let signer = Signer::new(&config, "sqs", Style::Usual);
        for (second, key) in
            [(0, "key0"), (299, "key0"), (300, "key1"), (899, "key1"), (901, "key2")]
        {
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(second);
            let headers = signer.headers("POST", "https://x.example/", &[], &[], at).await.unwrap();
            let authorization = headers["authorization"].to_str().unwrap();
            assert!(authorization.contains(&format!("Credential={key}/")), "{second}");
            assert!(headers["authorization"].is_sensitive());
        }
    }

    #[tokio::test]
    async fn without_region_or_credentials_the_cause_is_named() {
        let at = SystemTime::UNIX_EPOCH;
        let none = Signer::new(&SdkConfig::builder().build(), "sqs", Style::Usual);
        let error = none.headers("POST", "https://x.example/", &[], &[], at).await.unwrap_err();
        assert_eq!(error, Unsigned::NoRegion);
        let region = SdkConfig::builder().region(Region::new("us-east-1")).build();
        let none = Signer::new(&region, "sqs", Style::Usual);
        let error = none.headers("POST", "https://x.example/", &[], &[], at).await.unwrap_err();
        assert_eq!(error, Unsigned::NoCredentials);
    }
}
