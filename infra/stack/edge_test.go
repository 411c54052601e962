package stack

import (
	"strings"
	"testing"
)

// Nothing of CDK's own runs in the account: no custom resource, no function but those of the table
// (TestEachFunctionIsItsRow counts them), and nothing imported from another stack.
func TestNoCustomResourceAndNoReferenceAcrossStacks(t *testing.T) {
	a := synthesized(t)
	for name, template := range map[string]template{"main": a.main, "edge": a.edge, "trial": a.trial, "trial edge": a.trialEdge} {
		for id, r := range template.Resources {
			if strings.HasPrefix(r.Type, "Custom::") || r.Type == "AWS::CloudFormation::CustomResource" {
				t.Errorf("%s: %s is a %s", name, id, r.Type)
			}
			for _, reference := range []string{"Fn::ImportValue", "AWS::SSM::Parameter::Value", "{{resolve:ssm"} {
				if strings.Contains(written(r.Properties), reference) {
					t.Errorf("%s: %s refers to what another stack has made (%s)", name, id, reference)
				}
			}
		}
	}
}

func TestEdgeArrivesByContextOrParameter(t *testing.T) {
	a := synthesized(t)
	for _, name := range []string{"Site", "FilesHost"} {
		a.main.one(t, name).is(t, "DistributionConfig.ViewerCertificate.AcmCertificateArn", `"${CertificateArn}"`)
		a.main.one(t, name).is(t, "DistributionConfig.WebACLId", `"${WebAclArn}"`)
		a.trial.one(t, name).is(t, "DistributionConfig.ViewerCertificate.AcmCertificateArn", written(trial["certificateArn"]))
		a.trial.one(t, name).is(t, "DistributionConfig.WebACLId", written(trial["webAclArn"]))
	}
	for _, name := range []string{"CertificateArn", "WebAclArn"} {
		if a.main.Parameters[name] == nil || a.trial.Parameters[name] != nil {
			t.Errorf("%s: a parameter where the context has none, and only there", name)
		}
		if a.edge.Outputs[name] == nil {
			t.Errorf("the edge stack does not put out %s", name)
		}
	}
}

func TestCertificateIsForBothHosts(t *testing.T) {
	a := synthesized(t)
	a.edge.one(t, "Certificate").is(t, "DomainName", `"convoc.exemple.fr"`)
	a.edge.one(t, "Certificate").is(t, "SubjectAlternativeNames", `["documents.exemple.fr"]`)
	a.edge.one(t, "Certificate").is(t, "DomainValidationOptions", "null") // the operator makes the records
	a.trialEdge.one(t, "Certificate").is(t, "DomainValidationOptions.0.HostedZoneId", `"Z0123456789"`)
}

func TestFirewallKeepsNoSampleOfRequests(t *testing.T) {
	a := synthesized(t)
	for _, edge := range []template{a.edge, a.trialEdge} {
		acl := edge.one(t, "WebACL")
		acl.is(t, "VisibilityConfig.SampledRequestsEnabled", "false")
		rules, _ := acl.Properties["Rules"].([]any)
		if len(rules) < 5 {
			t.Errorf("%d rules", len(rules))
		}
		for _, rule := range rules {
			if got := at(rule, "VisibilityConfig.SampledRequestsEnabled"); got != false {
				t.Errorf("%s: samples %v", at(rule, "Name"), got)
			}
		}
		for name, r := range edge.Resources {
			if r.Type == "AWS::WAFv2::LoggingConfiguration" {
				t.Errorf("%s logs requests", name)
			}
		}
	}
}

func TestFirewallLetsDocumentsAndAnswersThrough(t *testing.T) {
	rules, _ := synthesized(t).edge.one(t, "WebACL").Properties["Rules"].([]any)
	managed := 0
	for _, rule := range rules {
		group := at(rule, "Statement.ManagedRuleGroupStatement")
		if group == nil {
			continue
		}
		managed++
		scope := written(at(group, "ScopeDownStatement"))
		if !strings.Contains(scope, `"SearchString":"/c/"`) || !strings.Contains(scope, `"SearchString":"/api/"`) {
			t.Errorf("%s looks at documents too: %s", at(rule, "Name"), scope)
		}
		if at(rule, "Name") != "AWSManagedRulesCommonRuleSet" {
			continue
		}
		counted := written(at(group, "RuleActionOverrides"))
		for _, body := range []string{"SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericLFI_BODY", "GenericRFI_BODY", "EC2MetaDataSSRF_BODY"} {
			if !strings.Contains(counted, `{"ActionToUse":{"Count":{}},"Name":"`+body+`"}`) {
				t.Errorf("%s may refuse what somebody writes", body)
			}
		}
	}
	if managed != 2 {
		t.Errorf("%d groups of managed rules", managed)
	}
}

func TestFirewallSlowsDownSigningInLinksAndTheRest(t *testing.T) {
	rules, _ := synthesized(t).edge.one(t, "WebACL").Properties["Rules"].([]any)
	got := map[string]string{}
	for _, rule := range rules {
		if based := at(rule, "Statement.RateBasedStatement"); based != nil {
			got[at(rule, "Name").(string)] = written([]any{at(based, "Limit"), at(based, "EvaluationWindowSec"), at(based, "AggregateKeyType")})
			if written(at(rule, "Action.Block.CustomResponse.ResponseCode")) != "429" {
				t.Errorf("%s: the reader is not told why", at(rule, "Name"))
			}
		}
	}
	for name, want := range map[string]string{
		"sign-in": `[100,300,"IP"]`, "links": `[3000,300,"IP"]`, "requests": `[10000,300,"IP"]`,
	} {
		if got[name] != want {
			t.Errorf("%s: got %s, want %s", name, got[name], want)
		}
	}
}

func TestRecordsAreMadeInTheZoneOrSaid(t *testing.T) {
	a := synthesized(t)
	for name, r := range a.main.Resources {
		if r.Type == "AWS::Route53::RecordSet" {
			t.Errorf("%s: there is no zone", name)
		}
	}
	for _, name := range []string{"DnsPages", "DnsFiles", "DnsMail1", "DnsMail5", "DnsDmarc", "Publish", "FirstAdministrator", "AccountsTable"} {
		if a.main.Outputs[name] == nil {
			t.Errorf("%s is not said", name)
		}
	}
	kinds := map[string]int{}
	for _, r := range a.trial.of(t, "AWS::Route53::RecordSet") {
		kinds[r.Properties["Type"].(string)]++
	}
	if written(kinds) != `{"A":2,"AAAA":2,"CNAME":3,"MX":1,"TXT":1}` {
		t.Errorf("records %s", written(kinds))
	}
	if a.trial.Outputs["DnsPages"] != nil || a.trial.Outputs["DnsMail1"] != nil {
		t.Error("the operator is asked for records that are made")
	}
}
