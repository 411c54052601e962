package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"

	"convoc/infra/stack/hosts"
)

// addFilesHost makes the distribution of the documents; the package comment says how signatures survive it.
func (d *deployment) addFilesHost() {
	headers := d.headersPolicy("FilesHeaders", "files", d.filesHeaders(), d.fromPages())
	pages := map[float64]string{}
	for status := range hosts.ErrorPages {
		pages[float64(status)] = "/" + hosts.ErrorPage(status)
	}
	d.filesHost = d.distribution("FilesHost", d.FilesDomain, &awscloudfront.DistributionProps{
		Comment: new("Convoc " + d.Stage + ": documents"),
		DefaultBehavior: &awscloudfront.BehaviorOptions{
			Origin:               awscloudfrontorigins.S3BucketOrigin_WithBucketDefaults(d.files, nil),
			AllowedMethods:       awscloudfront.AllowedMethods_ALLOW_ALL(),
			ViewerProtocolPolicy: awscloudfront.ViewerProtocolPolicy_HTTPS_ONLY,
			CachePolicy:          awscloudfront.CachePolicy_CACHING_DISABLED(), Compress: new(false),
			OriginRequestPolicy: awscloudfront.NewOriginRequestPolicy(d.stack, new("ToFiles"), &awscloudfront.OriginRequestPolicyProps{
				OriginRequestPolicyName: new(d.name("to-files")),
				Comment:                 new("the query is the signature; the host is the bucket's"),
				CookieBehavior:          awscloudfront.OriginRequestCookieBehavior_None(),
				QueryStringBehavior:     awscloudfront.OriginRequestQueryStringBehavior_All(),
				HeaderBehavior: awscloudfront.OriginRequestHeaderBehavior_AllowList(
					*texts("Content-Type", "Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers")...),
			}),
			ResponseHeadersPolicy: headers,
		},
		AdditionalBehaviors: &map[string]*awscloudfront.BehaviorOptions{"/" + hosts.ErrorPagesAt + "/*": {
			Origin:               awscloudfrontorigins.S3BucketOrigin_WithOriginAccessControl(d.pages, nil),
			AllowedMethods:       awscloudfront.AllowedMethods_ALLOW_GET_HEAD(),
			ViewerProtocolPolicy: awscloudfront.ViewerProtocolPolicy_HTTPS_ONLY,
			CachePolicy:          awscloudfront.CachePolicy_CACHING_DISABLED(), Compress: new(false),
			ResponseHeadersPolicy: headers,
		}},
		ErrorResponses: keepNoError(pages),
	})
}

// fromPages lets the secretary's pages see the answer to an upload, the pages of errors too, which come from a bucket
// that knows no origin, and read a draft's documents, of which they make one file.
func (d *deployment) fromPages() *awscloudfront.ResponseHeadersCorsBehavior {
	return &awscloudfront.ResponseHeadersCorsBehavior{
		AccessControlAllowOrigins: texts(d.origin()), AccessControlAllowMethods: texts("GET", "POST"),
		AccessControlAllowHeaders: texts("Content-Type"), AccessControlAllowCredentials: new(false), OriginOverride: new(true),
	}
}
