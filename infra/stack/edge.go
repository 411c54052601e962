package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/aws-cdk-go/awscdk/v2/awswafv2"
	"github.com/aws/constructs-go/constructs/v10"
)

// What one address may ask for in five minutes. A département's élus share one address behind their network, and so do
// all the mailboxes behind one mail gateway that looks at links: only what no crowd of readers does is refused.
const (
	signIns  = 100
	links    = 3000
	requests = 10000
)

// Shapes of what the edge stack puts out.
const (
	certificatePattern = `^arn:aws[a-z-]*:acm:us-east-1:[0-9]{12}:certificate/[a-z0-9-]+$`
	webACLPattern      = `^arn:aws[a-z-]*:wafv2:us-east-1:[0-9]{12}:global/webacl/[A-Za-z0-9_-]+/[a-z0-9-]+$`
)

// newEdge makes the stack of what CloudFront takes from us-east-1 alone.
func newEdge(app constructs.Construct, c Config) {
	stack := awscdk.NewStack(app, new("convoc-"+c.Stage+"-edge"), &awscdk.StackProps{
		Env:         &awscdk.Environment{Region: new("us-east-1")},
		Description: new("Convoc: the certificate and the firewall, which CloudFront takes from us-east-1"),
	})
	certificate := awscertificatemanager.NewCertificate(stack, new("Certificate"), &awscertificatemanager.CertificateProps{
		DomainName: new(c.Domain), SubjectAlternativeNames: texts(c.FilesDomain), Validation: c.validation(stack),
	})
	acl := c.webACL(stack)
	output(stack, "CertificateArn", "certificateArn of cdk.json", certificate.CertificateArn())
	output(stack, "WebAclArn", "webAclArn of cdk.json", acl.AttrArn())
}

// validation proves by DNS that the domains are ours. Without a zone the deployment waits until the operator has made
// the records that the console of Certificate Manager shows.
func (c Config) validation(stack awscdk.Stack) awscertificatemanager.CertificateValidation {
	if c.HostedZone == "" {
		return awscertificatemanager.CertificateValidation_FromDns(nil)
	}
	return awscertificatemanager.CertificateValidation_FromDns(c.zone(stack))
}

func (c Config) zone(scope constructs.Construct) awsroute53.IHostedZone {
	return awsroute53.HostedZone_FromHostedZoneAttributes(scope, new("Zone"), &awsroute53.HostedZoneAttributes{
		HostedZoneId: new(c.HostedZoneID), ZoneName: new(c.HostedZone),
	})
}

// webACL is the firewall of both hosts. Managed rules look at pages and API only, and not at bodies: a message of 20,000
// characters, one that speaks of « ../ » or of a script, or a document are no attacks here, and a refused answer of an
// élu is a lost one. Nothing keeps samples of requests: their paths hold links.
func (c Config) webACL(stack awscdk.Stack) awswafv2.CfnWebACL {
	pages := anyOf(pathBegins("/c/"), pathBegins("/api/"))
	rules := []*awswafv2.CfnWebACL_RuleProperty{
		rate("sign-in", signIns, allOf(posts(), anyOf(pathIs("/api/session"), pathIs("/api/invitation")))),
		rate("links", links, pathBegins("/c/")),
		rate("requests", requests, nil),
		managed("AWSManagedRulesCommonRuleSet", pages, []string{
			"SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericLFI_BODY", "GenericRFI_BODY", "EC2MetaDataSSRF_BODY",
			// a gateway that looks at links without saying its name must not conclude that they are broken
			"NoUserAgent_HEADER",
		}),
		managed("AWSManagedRulesKnownBadInputsRuleSet", pages, nil),
	}
	for i, r := range rules {
		r.Priority = new(float64(i))
	}
	return awswafv2.NewCfnWebACL(stack, new("WebACL"), &awswafv2.CfnWebACLProps{
		Name: new(c.name("web")), Scope: new("CLOUDFRONT"), Rules: &rules,
		DefaultAction:    &awswafv2.CfnWebACL_DefaultActionProperty{Allow: &awswafv2.CfnWebACL_AllowActionProperty{}},
		VisibilityConfig: visible("web"),
		CustomResponseBodies: map[string]any{"slow-down": &awswafv2.CfnWebACL_CustomResponseBodyProperty{
			ContentType: new("TEXT_PLAIN"),
			Content:     new("Trop de demandes viennent de votre réseau. Patientez quelques minutes, puis réessayez."),
		}},
	})
}

// rate refuses an address that asks too often.
func rate(name string, limit float64, scope *awswafv2.CfnWebACL_StatementProperty) *awswafv2.CfnWebACL_RuleProperty {
	based := &awswafv2.CfnWebACL_RateBasedStatementProperty{
		AggregateKeyType: new("IP"), Limit: new(limit), EvaluationWindowSec: new(300.0),
	}
	if scope != nil {
		based.ScopeDownStatement = scope
	}
	return &awswafv2.CfnWebACL_RuleProperty{
		Name: new(name), Statement: &awswafv2.CfnWebACL_StatementProperty{RateBasedStatement: based}, VisibilityConfig: visible(name),
		Action: &awswafv2.CfnWebACL_RuleActionProperty{Block: &awswafv2.CfnWebACL_BlockActionProperty{
			CustomResponse: &awswafv2.CfnWebACL_CustomResponseProperty{
				ResponseCode: new(429.0), CustomResponseBodyKey: new("slow-down"),
			},
		}},
	}
}

// managed are rules of AWS's; counted ones refuse nothing.
func managed(name string, scope *awswafv2.CfnWebACL_StatementProperty, counted []string) *awswafv2.CfnWebACL_RuleProperty {
	var overrides []*awswafv2.CfnWebACL_RuleActionOverrideProperty
	for _, rule := range counted {
		overrides = append(overrides, &awswafv2.CfnWebACL_RuleActionOverrideProperty{
			Name: new(rule), ActionToUse: &awswafv2.CfnWebACL_RuleActionProperty{Count: &awswafv2.CfnWebACL_CountActionProperty{}},
		})
	}
	group := &awswafv2.CfnWebACL_ManagedRuleGroupStatementProperty{
		VendorName: new("AWS"), Name: new(name), ScopeDownStatement: scope,
	}
	if len(overrides) > 0 {
		group.RuleActionOverrides = &overrides
	}
	return &awswafv2.CfnWebACL_RuleProperty{
		Name: new(name), Statement: &awswafv2.CfnWebACL_StatementProperty{ManagedRuleGroupStatement: group}, VisibilityConfig: visible(name),
		OverrideAction: &awswafv2.CfnWebACL_OverrideActionProperty{None: map[string]any{}},
	}
}

func pathBegins(prefix string) *awswafv2.CfnWebACL_StatementProperty {
	return match(&awswafv2.CfnWebACL_FieldToMatchProperty{UriPath: map[string]any{}}, "STARTS_WITH", prefix)
}

func pathIs(path string) *awswafv2.CfnWebACL_StatementProperty {
	return match(&awswafv2.CfnWebACL_FieldToMatchProperty{UriPath: map[string]any{}}, "EXACTLY", path)
}

func posts() *awswafv2.CfnWebACL_StatementProperty {
	return match(&awswafv2.CfnWebACL_FieldToMatchProperty{Method: map[string]any{}}, "EXACTLY", "POST")
}

func match(field *awswafv2.CfnWebACL_FieldToMatchProperty, how, value string) *awswafv2.CfnWebACL_StatementProperty {
	return &awswafv2.CfnWebACL_StatementProperty{ByteMatchStatement: &awswafv2.CfnWebACL_ByteMatchStatementProperty{
		FieldToMatch: field, PositionalConstraint: new(how), SearchString: new(value),
		TextTransformations: &[]*awswafv2.CfnWebACL_TextTransformationProperty{{Priority: new(0.0), Type: new("NONE")}},
	}}
}

func allOf(statements ...*awswafv2.CfnWebACL_StatementProperty) *awswafv2.CfnWebACL_StatementProperty {
	return &awswafv2.CfnWebACL_StatementProperty{AndStatement: &awswafv2.CfnWebACL_AndStatementProperty{Statements: &statements}}
}

func anyOf(statements ...*awswafv2.CfnWebACL_StatementProperty) *awswafv2.CfnWebACL_StatementProperty {
	return &awswafv2.CfnWebACL_StatementProperty{OrStatement: &awswafv2.CfnWebACL_OrStatementProperty{Statements: &statements}}
}

// visible counts and keeps no sample.
func visible(name string) *awswafv2.CfnWebACL_VisibilityConfigProperty {
	return &awswafv2.CfnWebACL_VisibilityConfigProperty{
		CloudWatchMetricsEnabled: new(true), SampledRequestsEnabled: new(false), MetricName: new("convoc-" + name),
	}
}
