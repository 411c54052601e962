// Package stack is the deployment on AWS, in CDK: what `npx aws-cdk deploy` makes of the wiring table and of the few
// words that cdk.json says of an installation ([Config]).
//
// There are two stacks, because CloudFront takes its certificate and its firewall from us-east-1 alone:
//
//	convoc-<stage>-edge   us-east-1: the certificate, the web ACL
//	convoc-<stage>        the region of the installation: everything else
//
// They share nothing at deployment: the two ARNs that the first one puts out are written in cdk.json (or given as
// parameters), because a reference across regions needs a function of CDK's own in the account. For the same reason
// nothing here is a custom resource: what runs in the account is the wiring table's functions and nothing else, and a
// test says so. Static pages are published by infra/publish.
//
// One family of resources is one file. What a function may do, its environment, its queue and its routes are derived
// from its row in package wiring; [New] panics on a row that it does not know how to carry out.
//
// # The two hosts
//
// Pages and API share one host, so that cookies are same-site: CloudFront sends /api and /c to the HTTP API and
// the rest to the bucket of pages. execute-api keeps an address of its own that cannot be closed, so CloudFront adds a
// secret header that the functions ask for.
//
// Documents have a host of their own (files that come from outside never share an origin with the pages): a second
// distribution in front of the files bucket, without origin access control. Here the signature of the request is the
// authority, and S3 checks it: CloudFront must neither sign nor change anything. A download is signed by SigV4 in the
// query for the host of the bucket, « <bucket>.s3.<region>.amazonaws.com », and only then given the files' host.
// CloudFront passes the query as it is and calls an S3 origin by its regional name, never by the viewer's host, so that
// S3 sees the very host, path and query that were signed. An upload form (POST policy) signs no host at all. The
// other ways lose something: origin access control would sign a request that is signed already, which S3 refuses;
// CloudFront's own signed addresses need a second key to keep and know no upload forms; the bucket's own host would
// give readers English XML for an expired link.
package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"

	"convoc/infra/wiring"
)

// New adds both stacks of an installation to an app.
func New(app constructs.Construct, c Config) {
	newEdge(app, c)
	d := &deployment{
		Config: c,
		stack: awscdk.NewStack(app, new("convoc-"+c.Stage), &awscdk.StackProps{
			Env:                   &awscdk.Environment{Region: new(c.Region)},
			Description:           new("Convoc: everything but certificate and firewall"),
			TerminationProtection: new(c.keeps()),
		}),
		tables: map[wiring.Resource]awsdynamodb.ITable{}, queues: map[string]bellQueue{},
		functions: map[string]awslambda.Function{},
	}
	d.addTopics()
	d.addTables()
	d.addBuckets()
	d.addMail()
	d.addOriginSecret()
	d.addQueues()
	d.addFunctions()
	d.addUploadEvents()
	d.addMailEvents()
	d.addMalwareProtection()
	d.addSchedules()
	d.addAPI()
	d.addSite()
	d.addFilesHost()
	d.addRecords()
	d.addAlarms()
	d.addDashboard()
	d.addOutputs()
}

// deployment is the stack being made: what one family of resources made and another one needs.
type deployment struct {
	Config

	stack        awscdk.Stack
	alarms       awssns.Topic // to the operator
	topicsKey    awskms.Key
	tables       map[wiring.Resource]awsdynamodb.ITable
	files        awss3.Bucket // documents
	proofs       awss3.Bucket // locked
	pages        awss3.Bucket // the static site and the error pages of the files' host
	mail         mailService
	originSecret *string // a dynamic reference: the value is never in a template
	queues       map[string]bellQueue
	deadLetters  []deadLetterQueue
	functions    map[string]awslambda.Function
	api          httpAPI
	site         awscloudfront.Distribution
	filesHost    awscloudfront.Distribution
}

// name is the name of a resource in the account: several stages may share one.
func (c Config) name(of string) string { return "convoc-" + c.Stage + "-" + of }

// removal says what becomes of what holds data when the stack is deleted.
func (c Config) removal() awscdk.RemovalPolicy {
	if c.keeps() {
		return awscdk.RemovalPolicy_RETAIN
	}
	return awscdk.RemovalPolicy_DESTROY
}
