//! The names in the certificates that sign SNS messages.
//!
//! A certificate comes from the SNS endpoint of the region (`sns.<region>.<domain>`), but most are
//! for another name. AWS does not document the names. These are those that the AWS SDK for Java
//! (2.x, `SnsHostProvider`) expects. It lists regions one by one; here each partition has a rule, so
//! that a region that opens tomorrow works too:
//!
//! | partition | name |
//! |---|---|
//! | `aws` | `sns.amazonaws.com`; in the regions that an account has to enable, `sns-signing.<region>.amazonaws.com` |
//! | `aws-cn` | `sns-<region>.amazonaws.com.cn` |
//! | `aws-us-gov` | `sns-us-gov-west-1.amazonaws.com`, in both regions |
//! | `aws-eusc` | `sns-signing.<region>.amazonaws.eu` |
//!
//! Only AWS can have certificates for these names. The isolated partitions (`aws-iso...`) are not
//! here, because their certificates chain to private roots.

use crate::region::domain;

/// The names for which a signing certificate of this region may be.
pub(super) fn signing_names(region: &str) -> Vec<String> {
    let domain = domain(region);
    if region.starts_with("cn-") {
        vec![format!("sns-{region}.{domain}"), format!("sns.{domain}")]
    } else if region.starts_with("us-gov-") {
        vec![format!("sns-us-gov-west-1.{domain}")]
    } else if region.starts_with("eusc-") {
        vec![format!("sns-signing.{region}.{domain}")]
    } else {
        let regional = format!("sns-signing.{region}.{domain}");
        vec![format!("sns.{domain}"), regional]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_accepts_the_name_that_the_sdk_for_java_expects() {
        let global = ["us-east-1", "eu-central-1", "ap-northeast-3", "sa-east-1"];
        let enabled = [
            "ap-east-1",
            "ap-east-2",
            "ap-south-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "me-south-1",
            "me-central-1",
            "eu-south-1",
            "eu-south-2",
            "eu-central-2",
            "af-south-1",
            "il-central-1",
            "ca-west-1",
            "mx-central-1",
        ];
        let others = [
            ("cn-north-1", "sns-cn-north-1.amazonaws.com.cn"),
            ("cn-northwest-1", "sns-cn-northwest-1.amazonaws.com.cn"),
            ("us-gov-west-1", "sns-us-gov-west-1.amazonaws.com"),
            ("us-gov-east-1", "sns-us-gov-west-1.amazonaws.com"),
            ("eusc-de-east-1", "sns-signing.eusc-de-east-1.amazonaws.eu"),
        ];
        let global = global.map(|region| (region, "sns.amazonaws.com".to_owned()));
        let enabled = enabled.map(|region| (region, format!("sns-signing.{region}.amazonaws.com")));
        let others = others.map(|(region, name)| (region, name.to_owned()));
        for (region, name) in global.into_iter().chain(enabled).chain(others) {
            assert!(signing_names(region).contains(&name), "{region}: {name}");
        }
    }

    #[test]
    fn a_region_does_not_accept_the_name_of_another() {
        for (region, name) in [
            ("me-south-1", "sns-signing.af-south-1.amazonaws.com"),
            ("cn-north-1", "sns-cn-northwest-1.amazonaws.com.cn"),
            ("cn-north-1", "sns.amazonaws.com"),
            ("us-gov-west-1", "sns.amazonaws.com"),
            ("us-east-1", "sns-us-gov-west-1.amazonaws.com"),
            ("us-east-1", "sns-signing.eusc-de-east-1.amazonaws.eu"),
        ] {
            assert!(
                !signing_names(region).contains(&name.to_owned()),
                "{region}: {name}"
            );
        }
    }
}
