console.log(`main ${process.env.INPUT_SOME_INPUT}`);
