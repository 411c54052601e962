package stack

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"

	"convoc/shared/lambdahttp"
	"convoc/shared/web"
)

// Headers of a reader's request that reach the functions, beside cookies and query. CloudFront adds the reader's address.
// At most ten.
var readerHeaders = []string{
	"CloudFront-Viewer-Address", "Content-Type", "Origin", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User",
	"Sec-Purpose", "User-Agent", web.CollectivityHeader,
}

// errorStatuses are those that CloudFront would keep for ten seconds and tell the next reader, whoever that is.
var errorStatuses = []float64{400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504}

// addSite makes the distribution of the pages and of the API. What is one character or more below /api/ and /c/ is the
// API's; « /c/ » alone is nobody's link and is answered like any page that does not exist.
//
// It has no pages for errors: CloudFront has one list for the whole distribution, and would put them in the place of
// what the functions say in French or in JSON. Pages that do not exist are known before the bucket is asked (pages.js).
func (d *deployment) addSite() {
	functions := d.toAPI()
	d.site = d.distribution("Site", d.Domain, &awscloudfront.DistributionProps{
		Comment: new("Convoc " + d.Stage + ": pages and API"),
		DefaultBehavior: &awscloudfront.BehaviorOptions{
			Origin:               awscloudfrontorigins.S3BucketOrigin_WithOriginAccessControl(d.pages, nil),
			AllowedMethods:       awscloudfront.AllowedMethods_ALLOW_GET_HEAD(),
			ViewerProtocolPolicy: awscloudfront.ViewerProtocolPolicy_REDIRECT_TO_HTTPS,
			CachePolicy:          d.alwaysAsked(), Compress: new(true),
			ResponseHeadersPolicy: d.headersPolicy("PagesHeaders", "pages", d.pageHeaders(), nil),
			FunctionAssociations: &[]*awscloudfront.FunctionAssociation{{
				EventType: awscloudfront.FunctionEventType_VIEWER_REQUEST, Function: d.pagesFunction(),
			}},
		},
		AdditionalBehaviors: &map[string]*awscloudfront.BehaviorOptions{"/api/?*": functions, "/c/?*": functions},
		ErrorResponses:      keepNoError(nil),
	})
}

// toAPI passes everything to the functions, and keeps nothing.
func (d *deployment) toAPI() *awscloudfront.BehaviorOptions {
	host := fmt.Sprintf("%s.execute-api.%s.%s", *d.api.ApiId(), d.Region, *d.stack.UrlSuffix())
	return &awscloudfront.BehaviorOptions{
		Origin: awscloudfrontorigins.NewHttpOrigin(new(host), &awscloudfrontorigins.HttpOriginProps{
			ProtocolPolicy:     awscloudfront.OriginProtocolPolicy_HTTPS_ONLY,
			OriginSslProtocols: &[]awscloudfront.OriginSslPolicy{awscloudfront.OriginSslPolicy_TLS_V1_2},
			CustomHeaders:      &map[string]*string{lambdahttp.SecretHeader: d.originSecret},
		}),
		AllowedMethods:       awscloudfront.AllowedMethods_ALLOW_ALL(),
		ViewerProtocolPolicy: awscloudfront.ViewerProtocolPolicy_REDIRECT_TO_HTTPS,
		CachePolicy:          awscloudfront.CachePolicy_CACHING_DISABLED(), Compress: new(false),
		OriginRequestPolicy: awscloudfront.NewOriginRequestPolicy(d.stack, new("ToFunctions"), &awscloudfront.OriginRequestPolicyProps{
			OriginRequestPolicyName: new(d.name("to-functions")),
			Comment:                 new("cookies, query, and the headers that the functions read"),
			CookieBehavior:          awscloudfront.OriginRequestCookieBehavior_All(),
			QueryStringBehavior:     awscloudfront.OriginRequestQueryStringBehavior_All(),
			HeaderBehavior:          awscloudfront.OriginRequestHeaderBehavior_AllowList(*texts(readerHeaders...)...),
		}),
	}
}

// alwaysAsked keeps pages and asks the bucket each time whether they have changed: they say « no-cache » themselves.
func (d *deployment) alwaysAsked() awscloudfront.CachePolicy {
	return awscloudfront.NewCachePolicy(d.stack, new("AlwaysAsked"), &awscloudfront.CachePolicyProps{
		CachePolicyName: new(d.name("pages")), Comment: new("as the pages say: asked for again each time"),
		MinTtl: seconds(0), DefaultTtl: seconds(0), MaxTtl: awscdk.Duration_Days(new(1.0)),
		CookieBehavior: awscloudfront.CacheCookieBehavior_None(), HeaderBehavior: awscloudfront.CacheHeaderBehavior_None(),
		QueryStringBehavior:      awscloudfront.CacheQueryStringBehavior_None(),
		EnableAcceptEncodingGzip: new(true), EnableAcceptEncodingBrotli: new(true),
	})
}

// distribution makes one of both. Neither has a log: it would hold people's links.
func (d *deployment) distribution(name, domain string, props *awscloudfront.DistributionProps) awscloudfront.Distribution {
	props.DomainNames = texts(domain)
	props.Certificate = awscertificatemanager.Certificate_FromCertificateArn(d.stack, new(name+"Certificate"),
		d.fromEdge("CertificateArn", "certificateArn", d.Certificate, certificatePattern))
	props.WebAclId = d.fromEdge("WebAclArn", "webAclArn", d.WebACL, webACLPattern)
	props.MinimumProtocolVersion = awscloudfront.SecurityPolicyProtocol_TLS_V1_2_2021
	props.HttpVersion = awscloudfront.HttpVersion_HTTP2_AND_3
	props.PriceClass = awscloudfront.PriceClass_PRICE_CLASS_100 // Europe and North America: the others are reached from there
	props.EnableLogging = new(false)
	return awscloudfront.NewDistribution(d.stack, new(name), props)
}

// fromEdge gives what the edge stack has put out: as the context says, or as a parameter of the deployment.
func (d *deployment) fromEdge(parameter, key, given, pattern string) *string {
	if given != "" {
		return new(given)
	}
	if made, ok := d.stack.Node().TryFindChild(new(parameter)).(awscdk.CfnParameter); ok {
		return made.ValueAsString()
	}
	return awscdk.NewCfnParameter(d.stack, new(parameter), &awscdk.CfnParameterProps{
		Type: new("String"), AllowedPattern: new(pattern),
		Description: new("put out by the edge stack; " + key + " of cdk.json takes its place"),
	}).ValueAsString()
}

// keepNoError says a page for some statuses, and for none that CloudFront may tell anybody else.
func keepNoError(pages map[float64]string) *[]*awscloudfront.ErrorResponse {
	var all []*awscloudfront.ErrorResponse
	for _, status := range errorStatuses {
		response := &awscloudfront.ErrorResponse{HttpStatus: new(status), Ttl: seconds(0)}
		if page := pages[status]; page != "" {
			response.ResponsePagePath, response.ResponseHttpStatus = new(page), new(status)
		}
		all = append(all, response)
	}
	return &all
}
