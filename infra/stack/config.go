package stack

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"convoc/infra/wiring"
)

// Production is the stage whose data outlives its stack.
const Production = "production"

// Config is what the context of cdk.json says of an installation, under the names in brackets.
type Config struct {
	Stage        string // [stage] names the installation; any but « production » may be deleted with its data
	Region       string // [region] of everything but what CloudFront takes from us-east-1; empty: eu-west-3
	Domain       string // [domain] of the pages: convoc.exemple.fr
	FilesDomain  string // [filesDomain] of the documents; another one, so that they never share an origin with the pages
	HostedZone   string // [hostedZone] zone of Route 53 with both domains; empty: the operator makes the records elsewhere
	HostedZoneID string // [hostedZoneId] its identifier: nothing is looked up
	MailDomain   string // [mailDomain] for which mails are signed; its records are made with the zone when they are in it
	From         string // [from] address from which mails leave, of that domain
	AlarmAddress string // [alarmAddress] who is written to when something is wrong
	Certificate  string // [certificateArn] put out by the edge stack; empty: a parameter of the deployment
	WebACL       string // [webAclArn] likewise
	OriginSecret string // [originSecret] number of the secret between CloudFront and the functions; another number rotates it; empty: 1

	// CollectivityRoles [collectivityRoles]: for what belongs to a collectivité, functions take a role that reaches that one
	// only. « false »: they reach all of them with their own, and the third wall is off; empty: true.
	CollectivityRoles bool

	// Restored names tables that take the place of the stack's own, after a restore to a point in time, which always makes
	// a new table: [dataTable], [accountsTable], [agendaTable]. Empty: the stack's own.
	Restored map[wiring.Resource]string
	Paused   bool // [paused] « true »: nothing is sent; a restored table must say true first, and false once it is reconciled

	Functions string // directory with one directory for each function: its bootstrap and [roots.PEM]
}

// Read reads the context and says all that is wrong with it, together.
func Read(context func(name string) any) (Config, error) {
	var problems []error
	text := func(name, otherwise string) string {
		switch v := context(name).(type) {
		case nil:
			return otherwise
		case string:
			if v = strings.TrimSpace(v); v != "" {
				return v
			}
			return otherwise
		case bool, float64: // as JSON has them
			return fmt.Sprint(v)
		default:
			problems = append(problems, fmt.Errorf("%s is not a text", name))
			return otherwise
		}
	}
	c := Config{
		Stage: text("stage", Production), Region: text("region", "eu-west-3"), Domain: text("domain", ""),
		FilesDomain: text("filesDomain", ""), HostedZone: text("hostedZone", ""), HostedZoneID: text("hostedZoneId", ""),
		MailDomain: text("mailDomain", ""), From: text("from", ""), AlarmAddress: text("alarmAddress", ""),
		Certificate: text("certificateArn", ""), WebACL: text("webAclArn", ""), OriginSecret: text("originSecret", "1"),
		Restored: map[wiring.Resource]string{}, Functions: "bin/functions",
	}
	roles := text("collectivityRoles", "true")
	c.CollectivityRoles = roles == "true"
	if roles != "true" && roles != "false" {
		problems = append(problems, fmt.Errorf("collectivityRoles is true or false, not %q", roles))
	}
	paused := text("paused", "")
	c.Paused = paused == "true"
	if paused != "" && paused != "true" && paused != "false" {
		problems = append(problems, fmt.Errorf("paused is true or false, not %q", paused))
	}
	for _, r := range wiring.Tables {
		if name := text(string(r)+"Table", ""); name != "" {
			c.Restored[r] = name
		}
	}
	if len(c.Restored) > 0 && paused == "" {
		problems = append(problems, errors.New("a restored table may hold what has been sent since as not sent yet: "+
			"set paused to true, and to false when infra/RUNBOOK.md (Restore) has been followed"))
	}
	return c, errors.Join(append(problems, c.check()...)...)
}

// Shapes of what is written in cdk.json. A mistake shows here and not after half an hour of deployment.
var (
	stageShape       = regexp.MustCompile(`^[a-z][a-z0-9-]{0,15}$`)
	regionShape      = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)
	domainShape      = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$`)
	zoneShape        = regexp.MustCompile(`^Z[A-Z0-9]+$`)
	addressShape     = regexp.MustCompile(`^[A-Za-z0-9._+-]+@[a-z0-9.-]+$`)
	numberShape      = regexp.MustCompile(`^[0-9]{1,6}$`)
	certificateShape = regexp.MustCompile(certificatePattern)
	webACLShape      = regexp.MustCompile(webACLPattern)
)

func (c Config) check() []error {
	var problems []error
	need := func(name, value string, shape *regexp.Regexp) {
		if !shape.MatchString(value) {
			problems = append(problems, fmt.Errorf("%s: %q is none (%s)", name, value, shape))
		}
	}
	optional := func(name, value string, shape *regexp.Regexp) {
		if value != "" {
			need(name, value, shape)
		}
	}
	need("stage", c.Stage, stageShape)
	need("region", c.Region, regionShape)
	need("domain", c.Domain, domainShape)
	need("filesDomain", c.FilesDomain, domainShape)
	need("mailDomain", c.MailDomain, domainShape)
	need("from", c.From, addressShape)
	need("alarmAddress", c.AlarmAddress, addressShape)
	need("originSecret", c.OriginSecret, numberShape)
	optional("hostedZone", c.HostedZone, domainShape)
	optional("hostedZoneId", c.HostedZoneID, zoneShape)
	optional("certificateArn", c.Certificate, certificateShape)
	optional("webAclArn", c.WebACL, webACLShape)
	return append(problems, c.contradictions()...)
}

// contradictions are values that are good alone and not together.
func (c Config) contradictions() []error {
	var problems []error
	say := func(wrong bool, what string) {
		if wrong {
			problems = append(problems, errors.New(what))
		}
	}
	say(c.Domain == c.FilesDomain, "filesDomain is the domain: documents must not share an origin with the pages")
	say(!strings.HasSuffix(c.From, "@"+c.MailDomain), "from is no address of mailDomain: its mails would not be signed")
	say((c.HostedZone == "") != (c.HostedZoneID == ""), "hostedZone and hostedZoneId go together")
	say(c.HostedZone != "" && (!c.inZone(c.Domain) || !c.inZone(c.FilesDomain)), "hostedZone does not hold both domains")
	return problems
}

// inZone tells whether the records of a domain are made with the hosted zone.
func (c Config) inZone(domain string) bool {
	return c.HostedZone != "" && (domain == c.HostedZone || strings.HasSuffix(domain, "."+c.HostedZone))
}

// keeps tells whether data outlives the stack.
func (c Config) keeps() bool { return c.Stage == Production }

func (c Config) origin() string      { return "https://" + c.Domain }
func (c Config) filesOrigin() string { return "https://" + c.FilesDomain }
