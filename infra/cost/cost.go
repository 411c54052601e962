// Package cost says what recipients cost an operator on AWS: list prices, in one table, times calls that are counted by
// running the product's own packages (go test ./infra/cost -v). Documents are left out: what leaves S3 through the
// distribution depends on their size, not on their number, and costs about as much as the mails.
package cost

// Price is the list price of one thing.
type Price struct {
	What string
	USD  float64 // for Per of them
	Per  float64
}

// Prices are list prices of eu-west-3 without free tiers, in US dollars, as known in November 2026. Check them on the
// services' own pages before a decision: they change, and taxes are not in them.
var Prices = map[Unit]Price{
	Mail:        {"SES: messages sent", 0.10, 1_000},
	MailEvent:   {"SNS: events of a mail, to SQS", 0.50, 1_000_000},
	WriteUnit:   {"DynamoDB on demand: write units", 0.7423, 1_000_000},
	ReadUnit:    {"DynamoDB on demand: read units", 0.1485, 1_000_000},
	QueueCall:   {"SQS: requests", 0.40, 1_000_000},
	Invocation:  {"Lambda: invocations", 0.20, 1_000_000},
	GBSecond:    {"Lambda on arm64: GB-seconds", 0.0000133334, 1},
	APIRequest:  {"API Gateway, HTTP API: requests", 1.17, 1_000_000},
	EdgeRequest: {"CloudFront: HTTPS requests from Europe", 0.012, 10_000},
	WAFRequest:  {"WAF: requests looked at", 0.60, 1_000_000},
}

// Unit is something that is paid for.
type Unit string

// The units.
const (
	Mail        Unit = "mail"
	MailEvent   Unit = "mail event"
	WriteUnit   Unit = "write unit"
	ReadUnit    Unit = "read unit"
	QueueCall   Unit = "queue call"
	Invocation  Unit = "invocation"
	GBSecond    Unit = "GB-second"
	APIRequest  Unit = "API request"
	EdgeRequest Unit = "edge request"
	WAFRequest  Unit = "WAF request"
)

// Use is how much of each unit something takes.
type Use map[Unit]float64

// USD is what it costs.
func (u Use) USD() float64 {
	total := 0.0
	for unit, n := range u {
		p := Prices[unit]
		total += n * p.USD / p.Per
	}
	return total
}
