package stack

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53targets"
	"github.com/aws/constructs-go/constructs/v10"

	"convoc/infra/wiring"
)

// record is one record of DNS that an installation needs.
type record struct{ kind, name, value string }

// String writes it as a zone's file would, without the time to live.
func (r record) String() string { return fmt.Sprintf("%s %s %s", r.name, r.kind, r.value) }

// mailRecords sign the mails, say that SES may send them, and lead refusals back to it.
func (d *deployment) mailRecords() []record {
	var all []record
	for _, key := range *d.mail.identity.DkimRecords() {
		all = append(all, record{"CNAME", *key.Name, *key.Value})
	}
	return append(all,
		record{"MX", d.mail.returns, "10 feedback-smtp." + d.Region + ".amazonses.com"},
		record{"TXT", d.mail.returns, `"v=spf1 include:amazonses.com -all"`},
	)
}

// dmarc is for the operator to decide: a domain may have a policy already.
func (c Config) dmarc() record {
	return record{"TXT", "_dmarc." + c.MailDomain, `"v=DMARC1; p=quarantine"`}
}

// addRecords makes in the hosted zone those that belong there.
func (d *deployment) addRecords() {
	if d.HostedZone == "" {
		return
	}
	zone := d.zone(d.stack)
	hosts := map[string]awsroute53targets.CloudFrontTarget{
		d.Domain: awsroute53targets.NewCloudFrontTarget(d.site), d.FilesDomain: awsroute53targets.NewCloudFrontTarget(d.filesHost),
	}
	for _, name := range []string{d.Domain, d.FilesDomain} {
		target := awsroute53.RecordTarget_FromAlias(hosts[name])
		awsroute53.NewARecord(d.stack, new("A"+name), &awsroute53.ARecordProps{Zone: zone, RecordName: new(name + "."), Target: target})
		awsroute53.NewAaaaRecord(d.stack, new("AAAA"+name), &awsroute53.AaaaRecordProps{Zone: zone, RecordName: new(name + "."), Target: target})
	}
	if !d.inZone(d.MailDomain) {
		return
	}
	for i, r := range d.mailRecords() {
		awsroute53.NewCfnRecordSet(d.stack, new(fmt.Sprintf("MailRecord%d", i+1)), &awsroute53.CfnRecordSetProps{
			HostedZoneId: new(d.HostedZoneID), Name: new(r.name), Type: new(r.kind), Ttl: new("1800"), ResourceRecords: texts(r.value),
		})
	}
}

// addOutputs says what is left to do by hand, and with what.
func (d *deployment) addOutputs() {
	if d.HostedZone == "" {
		output(d.stack, "DnsPages", "record to make", new(record{"CNAME", d.Domain, *d.site.DistributionDomainName()}.String()))
		output(d.stack, "DnsFiles", "record to make", new(record{"CNAME", d.FilesDomain, *d.filesHost.DistributionDomainName()}.String()))
	}
	if !d.inZone(d.MailDomain) {
		for i, r := range d.mailRecords() {
			output(d.stack, fmt.Sprintf("DnsMail%d", i+1), "record to make", new(r.String()))
		}
	}
	output(d.stack, "DnsDmarc", "record to make unless the domain has one", new(d.dmarc().String()))
	output(d.stack, "Publish", "puts the static pages in place, after each deployment", new(fmt.Sprintf(
		"go run ./infra/publish -region %s -bucket %s -origin %s", d.Region, *d.pages.BucketName(), d.origin())))
	output(d.stack, "FirstAdministrator", "prints the page where the first administrator signs up", new(fmt.Sprintf(
		"go run ./infra/invite -region %s -table %s -origin %s", d.Region, *d.tables[wiring.Accounts].TableName(), d.origin())))
	for _, r := range wiring.Tables {
		output(d.stack, title(string(r))+"Table", "table in use: "+string(r), d.tables[r].TableName())
	}
	output(d.stack, "FilesBucket", "the documents", d.files.BucketName())
	output(d.stack, "ProofsBucket", "what cannot be deleted", d.proofs.BucketName())
}

func output(scope constructs.Construct, name, description string, value *string) {
	awscdk.NewCfnOutput(scope, new(name), &awscdk.CfnOutputProps{Value: value, Description: new(description)})
}
