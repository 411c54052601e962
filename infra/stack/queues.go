package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"

	"convoc/infra/wiring"
)

// How bells travel. A message that is being answered is hidden six times as long as its function may run, as Lambda
// asks for; standard queues, because order means nothing and a group (the collectivité) keeps them fair.
const (
	visibility   = 360 // seconds
	tries        = 5
	keptDays     = 4  // bells, uploads: what they were about comes round by itself
	mostDays     = 14 // that SQS keeps anything: dead letters, and what the mail service says only once
	concurrently = 50 // batches that are answered at the same time, of one queue
)

// bellQueue is a queue and where its messages end that nobody could answer.
type bellQueue struct{ bells, dead awssqs.Queue }

// deadLetterQueue is where messages of a name end that nobody could answer.
type deadLetterQueue struct {
	of string
	awssqs.Queue
}

// addQueues makes one queue for each function that is woken by messages.
func (d *deployment) addQueues() {
	for _, f := range wiring.Functions {
		switch {
		case f.Trigger == wiring.Mails:
			d.queues[f.Name] = d.queue(f.Name, mostDays)
		case f.Trigger.Queued():
			d.queues[f.Name] = d.queue(f.Name, keptDays)
		}
	}
}

func (d *deployment) queue(name string, days float64) bellQueue {
	dead := d.deadLetterQueue(name)
	bells := awssqs.NewQueue(d.stack, new(id("queue", name)), &awssqs.QueueProps{
		QueueName: new(d.name(name)), Encryption: awssqs.QueueEncryption_SQS_MANAGED, EnforceSSL: new(true),
		VisibilityTimeout: seconds(visibility), RetentionPeriod: awscdk.Duration_Days(new(days)),
		DeadLetterQueue: &awssqs.DeadLetterQueue{Queue: dead, MaxReceiveCount: new(float64(tries))},
	})
	return bellQueue{bells, dead}
}

// deadLetterQueue has an alarm at its first message.
func (d *deployment) deadLetterQueue(name string) awssqs.Queue {
	q := awssqs.NewQueue(d.stack, new(id("dead", name)), &awssqs.QueueProps{
		QueueName: new(d.name(name + "-dead")), Encryption: awssqs.QueueEncryption_SQS_MANAGED, EnforceSSL: new(true),
		RetentionPeriod: awscdk.Duration_Days(new(float64(mostDays))),
	})
	d.deadLetters = append(d.deadLetters, deadLetterQueue{name, q})
	return q
}

func seconds(n float64) awscdk.Duration { return awscdk.Duration_Seconds(new(n)) }
