# The shop with ActiveRecord on the pg gem, a thread for each client connection.
require "active_record"
require "active_record/base"
require "json"
require "socket"

clients = Integer(ENV.fetch("WEIR_CLIENTS"))
seconds = Float(ENV.fetch("WEIR_SECONDS"))
PAUSE_SECONDS = Float(ENV.fetch("WEIR_PAUSE_MS")) / 1000
# `pool` is what every application sets to its number of threads.
ActiveRecord::Base.establish_connection(
  url: ENV.fetch("WEIR_URL"), pool: clients, checkout_timeout: 60
)

ActiveRecord::Migration.verbose = false
ActiveRecord::Schema.define do
  create_table(:customers) { |t| t.string :email, null: false, index: { unique: true }; t.string :name; t.timestamps }
  create_table(:products) { |t| t.string :title; t.integer :stock }
  create_table(:orders) { |t| t.references :customer, foreign_key: true; t.timestamps }
  create_table(:items) { |t| t.references :order, foreign_key: true; t.references :product; t.integer :quantity }
  create_table(:events) { |t| t.string :kind; t.timestamps }
  execute "insert into products (title, stock) select 'product ' || i, 1000000 from generate_series(1, 500) i"
end

# What the migration used is free for the workers.
ActiveRecord::Base.clear_active_connections!

class Customer < ActiveRecord::Base
  has_many :orders
end

class Product < ActiveRecord::Base
end

class Order < ActiveRecord::Base
  belongs_to :customer
  has_many :items
end

class Item < ActiveRecord::Base
  belongs_to :order
  belongs_to :product
end

class Event < ActiveRecord::Base
end

KINDS = (0...20).map { |i| { kind: "kind #{i}", created_at: Time.now, updated_at: Time.now } }

def ensure_that(condition, message)
  raise message unless condition
end

def one_round(worker, number)
  email = "#{worker}-#{number}@example.com"
  yield "sign up"
  customer = Customer.create!(email: email, name: "first")
  yield "place order"
  products = (1..3).map { |i| (worker * 3 + i) % 500 + 1 }.sort
  order = Order.transaction do
    made = Order.create!(customer: customer)
    products.each { |product| made.items.create!(product_id: product, quantity: 1) }
    products.each { |product| Product.update_counters(product, stock: -1) }
    made
  end
  yield "rename"
  Customer.find(customer.id).update!(name: "customer #{worker}")
  yield "read order"
  read = Order.includes(:customer, :items).find(order.id)
  ensure_that(read.customer.name == "customer #{worker}" && read.items.size == 3, "the order is not whole")
  yield "page"
  rows = Order.order(id: :desc).limit(10).offset(0).to_a
  ensure_that(rows.size.between?(1, 10) && Order.count >= 1, "no page")
  yield "failed transaction"
  refused = false
  begin
    Customer.transaction do
      Customer.create!(email: "fresh-#{email}", name: "lost")
      Customer.create!(email: email, name: "refused")
    end
  rescue ActiveRecord::RecordNotUnique
    refused = true
  end
  ensure_that(refused, "a duplicate was taken")
  yield "count"
  ensure_that(!Customer.exists?(email: "fresh-#{email}"), "a failed transaction left a row")
  yield "record"
  Event.insert_all!(KINDS)
end

errors = Hash.new(0)
lock = Mutex.new
run_round = lambda do |worker, number|
  step = "?"
  steps = 0
  one_round(worker, number) do |name|
    step = name
    steps += 1
    # Half of the pause to one and a half of it, always the same for the same step: so that clients do not go in step.
    sleep PAUSE_SECONDS * (0.5 + (worker * 7919 + (number * 10 + steps) * 104_729) % 1000 / 1000.0)
  end
rescue StandardError => error
  lock.synchronize { errors["#{step}: #{error.class} #{error.message.split.join(" ")[0, 300]}"] += 1 }
end

rounds = Array.new(clients, 0)
once = Queue.new
go_on = Queue.new
deadline = nil
now = -> { Process.clock_gettime(Process::CLOCK_MONOTONIC) }
threads = (0...clients).map do |worker|
  Thread.new do
    run_round.call(worker, 0)
    once << worker
    go_on.pop
    while rounds[worker].zero? || now.call < deadline
      rounds[worker] += 1
      run_round.call(worker, rounds[worker])
    end
  end
end
clients.times { once.pop }
puts "ready"
$stdout.flush
deadline = now.call + seconds
clients.times { go_on << true }
threads.each(&:join)
client = "activerecord #{ActiveRecord.version}, pg #{PG::VERSION}"
puts JSON.generate({ client: client, rounds: rounds.sum, roundsLeast: rounds.min, errors: errors })
$stdout.flush
ActiveRecord::Base.connection_pool.disconnect!
