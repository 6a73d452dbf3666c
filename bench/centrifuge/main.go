// Centrifuge with its Redis broker: rooms with history, positions and recovery, which is as near as it comes to what Weir does.
// Arguments: port, Redis URL.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/centrifugal/centrifuge"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	// A saturated room fills the default queue of 1 MiB, and its members would be cut off.
	node, err := centrifuge.New(centrifuge.Config{LogLevel: centrifuge.LogLevelError, ClientQueueMaxSize: 64 << 20})
	must(err)
	shard, err := centrifuge.NewRedisShard(node, centrifuge.RedisShardConfig{Address: os.Args[2]})
	must(err)
	broker, err := centrifuge.NewRedisBroker(node, centrifuge.RedisBrokerConfig{Shards: []*centrifuge.RedisShard{shard}})
	must(err)
	node.SetBroker(broker)
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{UserID: "bench"}}, nil
	})
	node.OnConnect(func(client *centrifuge.Client) {
		client.OnSubscribe(func(_ centrifuge.SubscribeEvent, answer centrifuge.SubscribeCallback) {
			answer(centrifuge.SubscribeReply{Options: centrifuge.SubscribeOptions{EnablePositioning: true, EnableRecovery: true}}, nil)
		})
		client.OnPublish(func(event centrifuge.PublishEvent, answer centrifuge.PublishCallback) {
			result, err := node.Publish(event.Channel, event.Data, centrifuge.WithHistory(1000, 10*time.Minute))
			answer(centrifuge.PublishReply{Result: &result}, err)
		})
	})
	must(node.Run())
	http.Handle("/connection", centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{WriteTimeout: time.Minute}))
	go func() {
		time.Sleep(200 * time.Millisecond)
		fmt.Println("listening")
	}()
	must(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
